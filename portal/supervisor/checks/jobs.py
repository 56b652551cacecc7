"""Whether task runs are taken, and end."""

from collections.abc import Iterator

from portal.supervisor.checks.finding import Finding, Place

STUCK = """
    SELECT count(*) FILTER (WHERE state = 'dead'),
           count(*) FILTER (WHERE state = 'running' AND lease_until < now() - interval '1 minute'),
           count(*) FILTER (WHERE state = 'queued' AND run_after < now() - interval '2 minutes')
    FROM task_runs
"""
NAMES = ("are dead", "lost their worker", "wait for more than two minutes")


def look(place: Place) -> Iterator[Finding]:
    """Look for runs that nobody takes, nobody ends, or that used up their tries."""
    counts = place.rows(place.config.database_url, STUCK)[0]
    wrong = [f"{count} {name}" for count, name in zip(counts, NAMES, strict=True) if count]
    yield Finding(
        "jobs",
        ok=not wrong,
        what=f"of the task runs {', '.join(wrong)}" if wrong else "no task run is stuck",
        mend="See that scheduler and workers run (`portal up`); run dead ones again at /admin/jobs",
    )
