"""The three roles, their database and their grants; none is superuser, none passes by a policy."""

from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from portal.supervisor.layout import ROLES

PLAIN = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT"

MADE_LATER = "ALTER DEFAULT PRIVILEGES FOR ROLE portal_owner"
# Migrations run as portal_owner, so what they make is granted as it is made.
GRANTS = (
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO portal_app, portal_platform",
    f"{MADE_LATER} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO portal_app",
    f"{MADE_LATER} GRANT SELECT ON TABLES TO portal_platform",
    f"{MADE_LATER} GRANT USAGE ON SEQUENCES TO portal_app",
)


def make_roles(admin_url: str, passwords: dict[str, str]) -> None:
    """Make the roles or mend them: attributes and passwords are set each time."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        for role in ROLES:
            known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone()
            connection.execute(
                sql.SQL("{} ROLE {} {} PASSWORD {}").format(
                    sql.SQL("CREATE" if known is None else "ALTER"),
                    sql.Identifier(role),
                    sql.SQL(PLAIN),
                    sql.Literal(passwords[role]),
                )
            )


def make_database(admin_url: str, database: str, template: str = "template0") -> None:
    """Make `database`, owned by portal_owner, unless it is there."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [database])
        if found.fetchone() is not None:
            return
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER portal_owner TEMPLATE {}").format(
                sql.Identifier(database), sql.Identifier(template)
            )
        )
        connection.execute(
            sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database))
        )
        connection.execute(
            sql.SQL(
                "GRANT CONNECT, TEMPORARY ON DATABASE {} TO portal_app, portal_platform"
            ).format(sql.Identifier(database))
        )


def grant(admin_url: str) -> None:
    """Grant what the roles need in the database of `admin_url`; the owner gets schema public."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("ALTER SCHEMA public OWNER TO portal_owner")
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        for statement in GRANTS:
            connection.execute(statement)


def passwords_in(urls: dict[str, str]) -> dict[str, str]:
    """Passwords by role, from each role's address."""
    return {role: unquote(urlsplit(url).password or "") for role, url in urls.items()}
