"""Whether the numbers follow the facts."""

from collections.abc import Iterator

from portal.supervisor.checks.finding import Finding, Place

OLDEST_SECONDS = 120
OPEN = """
    SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(marked_at)), 0)
    FROM (SELECT marked_at FROM day_marks UNION ALL SELECT marked_at FROM entity_marks) AS marks
"""


def look(place: Place) -> Iterator[Finding]:
    """Look at the oldest mark that no sweep took."""
    marks, age = open_marks(place)
    yield Finding(
        "rollups",
        ok=age < OLDEST_SECONDS,
        what=f"{marks} days or entities wait for their rollup, the oldest for {age:.0f} s",
        mend="See that scheduler and worker run (`portal up`), then `portal rollups wait`",
    )


def open_marks(place: Place) -> tuple[int, float]:
    """Count the marks of all clients that no sweep took yet, and say how old the oldest is."""
    count, age = place.rows(place.config.database_platform_url, OPEN)[0]
    return int(count), float(age)
