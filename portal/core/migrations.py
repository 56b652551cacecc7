"""Which schema the database has, which one this code needs, and how to get from one to the other."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Bring the database at `owner_url` to `revision`."""
    command.upgrade(_config(owner_url), revision)


def head() -> str:
    """Name of the newest migration."""
    return ScriptDirectory.from_config(_config("")).get_current_head() or ""


def current(connection: sa.Connection) -> str:
    """Name of the last migration that ran in this database, or an empty string."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def _config(owner_url: str) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = owner_url
    return config
