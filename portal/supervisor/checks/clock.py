"""Whether this machine and the database agree on what time it is."""

from collections.abc import Iterator

from portal.core import calendar
from portal.supervisor.checks.finding import Finding, Place

LARGEST_SECONDS = 2.0


def look(place: Place) -> Iterator[Finding]:
    """Compare the two clocks."""
    before = calendar.now()
    theirs = place.rows(place.config.database_url, "SELECT clock_timestamp()")[0][0]
    ours = before + (calendar.now() - before) / 2
    apart = abs((theirs - ours).total_seconds())
    yield Finding(
        "clock",
        ok=apart < LARGEST_SECONDS,
        what=f"this machine and the database are {apart:.1f} s apart",
        mend="Run `sudo timedatectl set-ntp true` on both",
    )
