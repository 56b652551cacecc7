"""From the instants that a rebuild touched to the local days that must be rolled up again."""

from datetime import date, datetime, timedelta

from portal.core.calendar import Calendar, Period
from portal.rollups.marks import mark_days
from portal.rollups.scratch import Scratch

RANGE = "SELECT min(at), max(at) FROM moments"
# The calendar's own day starts, so that no other time zone table has a say.
BUCKETS = """
SELECT DISTINCT width_bucket(at, CAST(:starts AS timestamptz[])) FROM moments WHERE at IS NOT NULL
"""
DAYS = "SELECT DISTINCT day FROM moment_days"


def mark_touched_days(work: Scratch, calendar: Calendar) -> int:
    """Mark the local days of all moments; return how many."""
    days = {row[0] for row in work.ask(DAYS)}
    first, last = work.ask(RANGE).one()
    if first is not None:
        days |= _days(work, calendar, first, last)
    mark_days(work.connection, work.client_id, days)
    return len(days)


def _days(work: Scratch, calendar: Calendar, first: datetime, last: datetime) -> set[date]:
    start = calendar.day_of(first)
    period = Period(start, calendar.day_of(last) + timedelta(days=1))
    starts = [calendar.start_of(day) for day in period]
    buckets = work.ask(BUCKETS, starts=starts).scalars()
    return {start + timedelta(days=int(bucket) - 1) for bucket in buckets}
