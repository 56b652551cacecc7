"""Whether what PostgreSQL confirms is on the disk, and whether a flipped bit would be seen."""

from collections.abc import Iterator

from portal.supervisor.checks.finding import Finding, Place

FULL = {"fsync": "on", "full_page_writes": "on", "data_checksums": "on"}
# Anything but `off` waits for our own disk; remote_apply and the like wait for more.
LOSING = {"synchronous_commit": "off"}


def look(place: Place) -> Iterator[Finding]:
    """Look at the settings that a crash would show."""
    found = {name: place.setting(name) for name in (*FULL, *LOSING)}
    wrong = [f"{name} is {found[name]}" for name, want in FULL.items() if found[name] != want]
    wrong += [f"{name} is {bad}" for name, bad in LOSING.items() if found[name] == bad]
    yield Finding(
        "durability",
        ok=not wrong,
        what=", ".join(wrong) or "commits are on the disk, pages have checksums",
        mend="Set them in postgresql.conf; stop the server for `pg_checksums --enable`",
        fatal=not place.config.demo,
    )
