"""Whether the schema is the one that this code needs."""

from collections.abc import Iterator

import psycopg

from portal.core.schema import head
from portal.supervisor.checks.finding import Finding, Place


def look(place: Place) -> Iterator[Finding]:
    """Look at the last migration that ran."""
    try:
        rows = place.rows(place.config.database_url, "SELECT version_num FROM alembic_version")
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
        rows = []
    current, wanted = str(rows[0][0]) if rows else "none", head()
    yield Finding(
        "migrations",
        ok=current == wanted,
        what=f"schema at {current}" + ("" if current == wanted else f", this code needs {wanted}"),
        mend="Run `portal migrate`",
    )
