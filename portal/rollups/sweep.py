"""
The sweep: marks in, rollups out. Any number of processes may sweep at once.

First what is derived from marked entities, client by client as portal_app; then the marked days of
all clients, set-based as portal_platform. A sweep that is killed leaves its marks.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa

from portal.core.calendar import Calendar
from portal.core.db import platform_connection
from portal.rollups import clock
from portal.rollups.build import ClientDay, calendars, roll_up
from portal.rollups.derive import derive
from portal.rollups.statistics import renew

MOST_DAYS = 500
"""Pairs a transaction: each holds an advisory lock."""

MANY_ENTITIES, MANY_DAYS = 5_000, 50
"""A bulk load: before it the planner's statistics are renewed."""
WAIT_SECONDS = 0.1

MARKED_CLIENTS = """
SELECT client_id, count(*) FROM entity_marks GROUP BY client_id ORDER BY min(marked_at)
"""
# Today first: somebody looks at it.
MARKED_DAYS = """
SELECT client_id, day FROM day_marks GROUP BY client_id, day ORDER BY day DESC, client_id
"""


@dataclass
class Swept:
    """What a sweep did."""

    entities: int = 0
    """Marked entities whose derived rows were rebuilt."""
    days: int = 0
    """(client, day) pairs that were rolled up."""
    failures: list[Exception] = field(default_factory=list)

    def raise_failures(self) -> None:
        """
        Tell of what could not be swept; its marks are still there.

        Raises:
            ExceptionGroup: something could not be swept; all else was.
        """
        if self.failures:
            raise ExceptionGroup("not everything could be swept", self.failures)


def sweep() -> Swept:
    """
    Work off all marks that exist now, and those that the clock makes due.

    Raises:
        ExceptionGroup: a client or day could not be swept; all others were.
    """
    swept = Swept()
    mark_due_instants()
    _derive_marked(swept)
    _roll_up_marked(swept)
    swept.raise_failures()
    return swept


def sweep_part() -> Swept:
    """
    Work off one part of the marks: some entities of each client, or at most so many days.

    Raises:
        ExceptionGroup: a client or day could not be swept; all others were.
    """
    swept = Swept()
    _derive_marked(swept, whole=False)
    if not swept.entities:
        _roll_up_marked(swept, whole=False)
    swept.raise_failures()
    return swept


def wait(timeout_seconds: float) -> bool:
    """Wait until no mark is open; tell whether that came before the time was over."""
    deadline = time.monotonic() + timeout_seconds
    while due():
        if time.monotonic() > deadline:
            return False
        time.sleep(WAIT_SECONDS)
    return True


def due() -> bool:
    """Whether any mark is open: cheap enough to ask every second."""
    with platform_connection() as connection:
        return clock.is_open(connection)


def mark_due_instants() -> int:
    """Mark what became due by the clock alone; return how many marks."""
    with platform_connection(read_only=False) as connection:
        return clock.mark_due(connection, calendars(connection))


def _derive_marked(swept: Swept, *, whole: bool = True) -> None:
    with platform_connection() as connection:
        marked = [(row[0], row[1]) for row in connection.execute(sa.text(MARKED_CLIENTS))]
    if any(count > MANY_ENTITIES for _, count in marked):
        renew()
    for client_id, count in marked:
        try:
            swept.entities += _derive_all(client_id, count if whole else 1)
        except sa.exc.DBAPIError as error:  # the next client must not wait for this one's mending
            swept.failures.append(error)


def _derive_all(client_id: UUID, marks: int) -> int:
    """Work off about as many marks as there were; those that come meanwhile are the next one's."""
    done = 0
    while done < marks and (taken := derive(client_id)):
        done += taken
    return done


def _roll_up_marked(swept: Swept, *, whole: bool = True) -> None:
    with platform_connection() as connection:
        known = calendars(connection)
        rows = connection.execute(sa.text(MARKED_DAYS))
        pairs = [(row[0], row[1]) for row in rows if row[0] in known]
    if len(pairs) > MANY_DAYS:
        renew()
    for start in range(0, len(pairs) if whole else 1, MOST_DAYS):
        some = pairs[start : start + MOST_DAYS]
        try:
            swept.days += _roll_up(some, known)
        except sa.exc.DBAPIError:
            _one_by_one(some, known, swept)


def _roll_up(pairs: Sequence[ClientDay], known: Mapping[UUID, Calendar]) -> int:
    with platform_connection(read_only=False) as connection:
        return len(roll_up(connection, pairs, known))


def _one_by_one(pairs: Sequence[ClientDay], known: Mapping[UUID, Calendar], swept: Swept) -> None:
    """Keep one bad day from holding up the others of its transaction."""
    for pair in pairs:
        try:
            swept.days += _roll_up([pair], known)
        except sa.exc.DBAPIError as error:
            swept.failures.append(error)
