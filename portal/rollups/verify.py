"""
Recount from facts, and name each number that is stored otherwise.

Nothing stored is trusted: links, steps, turns and all other derived rows of the client are rebuilt
from facts first, in a transaction that is rolled back, then every day is counted anew.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portal.catalog import passes
from portal.catalog.calendars import calendar_of
from portal.catalog.subjects import FAMILIES
from portal.core.calendar import Calendar, Period
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.models.rollups import DIMENSIONS
from portal.rollups.backfill import entities
from portal.rollups.build import intervals
from portal.rollups.derive import begin, rebuild
from portal.rollups.expand import FACTS
from portal.rollups.scratch import Scratch

DAYS_AT_ONCE = 100
KEY = ", ".join(("day", "measure", "currency", *DIMENSIONS))

RECOUNTED = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS recounted
  (client_id uuid, day date, {", ".join(f"{n} text" for n in ("measure", "currency", *DIMENSIONS))},
   value numeric) ON COMMIT DELETE ROWS
"""
RECOUNT = f"INSERT INTO recounted (client_id, {KEY}, value) "
COMPARE = f"""
SELECT {KEY}, s.value, r.value
FROM (SELECT {KEY}, value FROM rollups
  WHERE client_id = :client AND day = ANY(CAST(:days AS date[]))) s
FULL JOIN (SELECT {KEY}, value FROM recounted) r USING ({KEY})
WHERE s.value IS DISTINCT FROM r.value
ORDER BY {KEY}
"""  # noqa: S608 - our own columns
# The hours of a day must add up to it, for the measures that are kept by hour too.
COMPARE_HOURS = f"""
SELECT {KEY}, s.value, r.value
FROM (SELECT {KEY}, sum(value) AS value FROM rollup_hours
  WHERE client_id = :client AND day = ANY(CAST(:days AS date[])) GROUP BY {KEY}) s
FULL JOIN (SELECT {KEY}, value FROM recounted WHERE measure = ANY(CAST(:hourly AS text[]))) r
  USING ({KEY})
WHERE s.value IS DISTINCT FROM r.value
ORDER BY {KEY}
"""  # noqa: S608 - our own columns
ROLLED = """
SELECT day, rolled_at FROM rollup_days
WHERE client_id = :client AND day >= :start AND day < :end ORDER BY rolled_at
"""
OPEN_DAYS = "SELECT DISTINCT day FROM day_marks WHERE client_id = :client"
MARK = """
INSERT INTO marked (kind, ref)
SELECT DISTINCT * FROM unnest(CAST(:kinds AS text[]), CAST(:refs AS text[]))
"""
RANGE = """
SELECT least(min(first), (SELECT min(day) FROM rollup_days WHERE client_id = :client)),
  greatest(max(last), (SELECT max(day) FROM rollup_days WHERE client_id = :client))
FROM unnest(CAST(:firsts AS date[]), CAST(:lasts AS date[])) AS known(first, last)
"""
INSTANTS = "SELECT min(occurred_at), max(occurred_at) FROM {} WHERE client_id = :client"


@dataclass(frozen=True)
class Difference:
    """A number that is not what the facts say."""

    client_id: UUID
    day: date
    measure: str
    currency: str
    dimensions: dict[str, str]
    """Those that are not ''; `hours` where it is the stored hours that do not add up."""
    stored: Decimal | None
    recount: Decimal | None


def verify(client_id: UUID, period: Period | None = None) -> Iterator[Difference]:
    """
    Recount the days of a client, all by default, and yield each difference.

    Days that have an open mark are left out: they are known to be behind.
    """
    with acting_as(client_id):
        found = []
        # One snapshot: what arrives meanwhile is neither stored nor recounted.
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        work = begin(client_id)
        calendar = calendar_of(client_id)
        period = period or _whole(work, calendar)
        if period is not None:
            open_days = set(work.ask(OPEN_DAYS).scalars())
            _derive_again(work, calendar, period)
            found = [
                one for one in _differences(work, calendar, period) if one.day not in open_days
            ]
        db.session.rollback()
    yield from found


def _whole(work: Scratch, calendar: Calendar) -> Period | None:
    """Give the days from the first to the last that have facts or rollups."""
    edges: list[list[date]] = [[], []]
    for table in ("leads", "events", *FACTS):
        for days, at in zip(edges, work.ask(INSTANTS.format(table)).one(), strict=True):
            if at is not None:
                days.append(calendar.day_of(at))
    first, last = work.ask(RANGE, firsts=edges[0], lasts=edges[1]).one()
    return None if first is None else Period(first, last + timedelta(days=1))


def _derive_again(work: Scratch, calendar: Calendar, period: Period) -> None:
    """Rebuild all that is derived from the facts of the period; the caller rolls back."""
    pairs = [*entities(work.connection, work.client_id, calendar, period), ("plan", "-")]
    kinds, refs = (list(column) for column in zip(*pairs, strict=True))
    work.run(MARK, "marked", kinds=kinds, refs=refs)
    rebuild(work)


def _differences(work: Scratch, calendar: Calendar, period: Period) -> Iterator[Difference]:
    work.connection.exec_driver_sql(RECOUNTED)
    rolled = work.ask(ROLLED, start=period.start, end=period.end).all()
    missing = set(period) - {row[0] for row in rolled}
    parts = [(at, [row[0] for row in rows]) for at, rows in groupby(rolled, key=itemgetter(1))]
    for at, days in [*parts, (work.now, sorted(missing))]:
        for start in range(0, len(days), DAYS_AT_ONCE):
            yield from _compare(work, calendar, days[start : start + DAYS_AT_ONCE], at)


def _compare(
    work: Scratch, calendar: Calendar, days: Sequence[date], at: datetime
) -> Iterator[Difference]:
    """Compare days that were rolled up at one instant, which is what pending is measured by."""
    work.clear("recounted")
    pairs = [(work.client_id, day) for day in days]
    binds: dict[str, Any] = {**intervals(pairs, {work.client_id: calendar}), "now": at}
    for family in FAMILIES.values():
        if passes.stored(family):
            work.connection.execute(sa.text(RECOUNT + passes.select(family)), binds)
    hourly = [m.key for f in FAMILIES.values() for m in passes.stored(f, hourly=True)]
    for sql, is_hours in ((COMPARE, False), (COMPARE_HOURS, True)):
        for row in work.ask(sql, days=list(days), hourly=hourly).all():
            day, measure, currency, *dimensions, stored, recount = row
            named = {n: v for n, v in zip(DIMENSIONS, dimensions, strict=True) if v}
            named |= {"hours": "all"} if is_hours else {}
            yield Difference(work.client_id, day, measure, currency, named, stored, recount)
