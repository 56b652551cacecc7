"""Whether the schema is the one that this code needs."""

from collections.abc import Iterator

import psycopg

from portal.core import migrations
from portal.supervisor.checks.finding import Finding, Place


def look(place: Place) -> Iterator[Finding]:
    """Look at the last migration that ran."""
    try:
        rows = place.rows(place.config.database_url, "SELECT version_num FROM alembic_version")
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
        rows = []
    current, head = str(rows[0][0]) if rows else "none", migrations.head()
    yield Finding(
        "migrations",
        ok=current == head,
        what=f"schema at {current}" + ("" if current == head else f", this code needs {head}"),
        mend="Run `portal migrate`",
    )
