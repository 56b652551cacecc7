"""Makes an installation: roles, database, grants. Doing it twice changes nothing."""

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from portal.config import Config
from portal.core import schema
from portal.core.errors import BadConfig
from portal.supervisor import roles
from portal.supervisor.layout import Layout, keep_secrets, write_private
from portal.supervisor.servers import DATABASE, superuser_url

ADMIN_URL = "DATABASE_ADMIN_URL"
"""Address of a role that may make roles and databases; only setup on own servers reads it."""


def install_embedded(layout: Layout) -> None:
    """Set up the embedded database; the servers run."""
    admin = superuser_url(layout)
    roles.make_roles(admin, keep_secrets(layout))
    roles.make_database(admin, DATABASE)
    roles.grant(superuser_url(layout, DATABASE))


def install_external(config: Config) -> None:
    """
    Set up the database that the addresses name.

    Raises:
        BadConfig: the roles are not there and we were given nobody who may make them.
    """
    if admin := os.environ.get(ADMIN_URL):
        database = urlsplit(config.database_url).path.lstrip("/")
        roles.make_roles(admin, roles.passwords_in(_urls_by_role(config)))
        roles.make_database(admin, database)
        roles.grant(urlsplit(admin)._replace(path=f"/{database}").geturl())
    _check_roles(config)


def is_installed(layout: Layout) -> bool:
    """Whether this code's schema was set up in this folder."""
    return _stamp(layout).exists() and _stamp(layout).read_text() == _version()


def note_installed(layout: Layout) -> None:
    """Remember that this code's schema is set up."""
    write_private(_stamp(layout), _version())


def _stamp(layout: Layout) -> Path:
    return layout.root / "installed.json"


def _version() -> str:
    """Names of all migrations; changes with each."""
    return json.dumps(schema.names())


def _urls_by_role(config: Config) -> dict[str, str]:
    return {
        "portal_app": config.database_url,
        "portal_platform": config.database_platform_url,
        "portal_owner": config.database_owner_url,
    }


def _check_roles(config: Config) -> None:
    for role, url in _urls_by_role(config).items():
        try:
            with psycopg.connect(url, connect_timeout=5) as connection:
                found = connection.execute("SELECT current_user").fetchone()
        except psycopg.OperationalError as error:
            raise BadConfig(
                f"cannot sign in as {role}: {str(error).strip()}. Set {ADMIN_URL} to the address of"
                " a role that may make roles, and run `portal setup` again"
            ) from None
        if found != (role,):
            raise BadConfig(f"the address of {role} signs in as {found and found[0]}")
