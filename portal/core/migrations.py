"""Brings a database to the schema that this code needs."""

from alembic import command
from alembic.config import Config as AlembicConfig

from portal.core.schema import FOLDER


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Bring the database at `owner_url` to `revision`."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = owner_url
    command.upgrade(config, revision)
