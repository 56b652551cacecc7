"""Which PostgreSQL and Redis answer, and on which Python we run."""

import platform
from collections.abc import Iterator

from portal.supervisor.checks.finding import Finding, Place

OLDEST_POSTGRES = 150000


def look(place: Place) -> Iterator[Finding]:
    """Look at the server's version; one dialect is spoken, of PostgreSQL 15 and newer."""
    number = int(place.setting("server_version_num"))
    yield Finding(
        "versions",
        ok=number >= OLDEST_POSTGRES,
        what=f"PostgreSQL {place.setting('server_version')}, Python {platform.python_version()}",
        mend="Upgrade the server to PostgreSQL 15 or newer",
        fatal=True,
    )
