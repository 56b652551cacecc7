"""Which stage of a lead means which step, and since when: a dated setting of the client."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from portal.core.calendar import Calendar
from portal.rollups.scratch import Scratch

DEFAULTS = {
    "hot": "qualified",
    "booked": "appointment_booked",
    "won": "job_won",
    "lost": "job_lost",
}
ALWAYS = datetime(1, 1, 2, tzinfo=UTC)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)

SETTINGS = """
SELECT stage, from_on, step FROM stage_meanings WHERE client_id = :client ORDER BY stage, from_on
"""

Meaning = tuple[str, str, datetime, datetime]


def read_meanings(work: Scratch, calendar: Calendar) -> dict[str, list[object]]:
    """Read them as parallel lists: stages, steps, and from when to when each holds."""
    rows = [(row[0], row[1], row[2]) for row in work.ask(SETTINGS)]
    columns = list(zip(*spread(rows, calendar), strict=True))
    names = ("stages", "steps", "from_ats", "to_ats")
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def spread(settings: Iterable[tuple[str, date, str]], calendar: Calendar) -> list[Meaning]:
    """Give each setting the interval in which it holds; the defaults hold before the first."""
    changes: dict[str, list[tuple[datetime, str]]] = {
        stage: [(ALWAYS, step)] for stage, step in DEFAULTS.items()
    }
    for stage, from_on, step in settings:
        changes.setdefault(stage, []).append((calendar.start_of(from_on), step))
    meanings: list[Meaning] = []
    for stage, known in changes.items():
        ends = [at for at, _ in known[1:]] + [NEVER]
        meanings += [(stage, step, at, end) for (at, step), end in zip(known, ends, strict=True)]
    return meanings
