"""Whether row-level security is forced on every table that belongs to clients."""

from collections.abc import Iterator

from portal import models
from portal.core.registry import discover
from portal.core.tenancy import client_tables
from portal.supervisor.checks.finding import Finding, Place

UNFORCED = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
      AND NOT (relrowsecurity AND relforcerowsecurity
               AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid))
"""


def look(place: Place) -> Iterator[Finding]:
    """Look for client tables that are open."""
    discover(models)
    bare = {row[0] for row in place.rows(place.config.database_url, UNFORCED)}
    tables = client_tables()
    open_ones = [name for name in tables if name in bare]
    yield Finding(
        "policies",
        ok=not open_ones,
        what=f"no forced policy on {', '.join(open_ones)}"
        if open_ones
        else f"policies are forced on all {len(tables)} client tables",
        mend="Run `portal migrate`; if it stays so, somebody altered the table by hand",
        fatal=True,
    )
