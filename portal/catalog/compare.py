"""
Which instants a question covers, and with which it is compared: like with like.

An unfinished period is compared with the same number of local days, the last of them up to the same
local time. Both partial days are read from facts, the rest from rollups.
"""

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.catalog.passes import hours_of
from portal.catalog.query import Compare, Query, Span
from portal.core.calendar import Calendar, Grain, Period

DAY = timedelta(days=1)
YEAR_MATCHED = 364
MONTHS = {Span.MONTH: 1, Span.QUARTER: 3, Span.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of local day `day`, or all of it: read from facts."""

    day: date
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Bucket:
    """One step of a series; `start` is its local day, or its hour as an instant."""

    start: date | datetime
    starts_at: datetime
    ends_at: datetime
    last_day: date
    is_complete: bool


@dataclass(frozen=True)
class Side:
    """The question's own stretch of time, or the one it is compared with."""

    period: Period
    whole: Period | None
    """Days read from rollups."""
    parts: tuple[Part, ...]
    """Parts of days read from facts."""
    starts_at: datetime
    ends_at: datetime
    buckets: tuple[Bucket, ...]
    cuts_days: bool = False
    """Unfinished and compared: what is dated by a day alone leaves the partial day out."""

    @property
    def edges(self) -> list[date | datetime]:
        """Where buckets start, in order; a bucket's position is 1 and more."""
        return [bucket.start for bucket in self.buckets]

    def position(self, day: date) -> int:
        """In which bucket a local day lies."""
        return bisect_right(self.edges, day)


def sides_of(
    query: Query, calendar: Calendar, now: datetime, grain: Grain | None = None
) -> tuple[Side, Side | None]:
    """Resolve the question's own side, and the compared one if any; `grain` overrides its own."""
    if grain is not None:
        query = replace(query, grain=Grain.NONE)
        own, other = sides_of(query, calendar, now)
        return _with(own, calendar, grain, now), other and _with(other, calendar, grain, now)
    if query.span is Span.HOURS:
        return _rolling(query, calendar, now)
    today = calendar.today(now)
    compared = _compared(query)
    open_day = compared is not None and query.period.start <= today < query.period.end
    until = now if open_day else None
    own = _side(query.period, calendar, query.grain, now, until)
    if compared is None:
        return own, None
    if not open_day:
        return own, _side(compared, calendar, query.grain, now, None)
    return own, _clipped(query, compared, calendar, now)


def _clipped(query: Query, compared: Period, calendar: Calendar, now: datetime) -> Side:
    """Give as many days of the earlier period as have begun of this one, and the same hour."""
    passed = (calendar.today(now) - query.period.start).days
    last = compared.start + timedelta(days=passed)
    if last >= compared.end:
        return _side(compared, calendar, query.grain, now, None, cuts=True)
    until = same_time(calendar, now, last)
    return _side(compared, calendar, query.grain, now, until)


def same_time(calendar: Calendar, now: datetime, day: date) -> datetime:
    """Return the instant of `day` at which its clock shows what now's shows."""
    local = calendar.local(now)
    zone = ZoneInfo(calendar.at(day).zone)
    wall = datetime.combine(day, local.time().replace(fold=local.fold), zone)
    at = wall.astimezone(UTC)
    return min(max(at, calendar.start_of(day)), calendar.start_of(day + DAY))


def _side(
    period: Period,
    calendar: Calendar,
    grain: Grain,
    now: datetime,
    until: datetime | None,
    *,
    cuts: bool = False,
) -> Side:
    """`until` ends the stretch in the middle of a day, which is then read from facts."""
    starts_at, ends_at = calendar.instants(period)
    whole: Period | None = period
    parts: tuple[Part, ...] = ()
    if until is not None:
        day = calendar.day_of(until) if until < ends_at else period.last
        begins = calendar.start_of(day)
        whole = Period(period.start, day) if day > period.start else None
        parts = (Part(day, begins, until),) if until > begins else ()
        ends_at = until
    made = Side(period, whole, parts, starts_at, ends_at, (), cuts or until is not None)
    return _with(made, calendar, grain, now)


def _with(side: Side, calendar: Calendar, grain: Grain, now: datetime) -> Side:
    return replace(side, buckets=_buckets(side, calendar, grain, now))


def _compared(query: Query) -> Period | None:
    if query.compare is Compare.NONE:
        return None
    if query.compare is Compare.CUSTOM:
        return query.compared
    period = query.period
    if query.compare is Compare.YEAR:
        return period.shifted(-YEAR_MATCHED) if query.match_weekday else _year_before(period)
    earlier = _previous(period, query.span)
    if not query.match_weekday:
        return earlier
    raw = (period.start - earlier.start).days
    return period.shifted(-7 * -(-raw // 7))


def _previous(period: Period, span: Span) -> Period:
    if span not in MONTHS:
        return period.shifted(-period.days)
    return Period(_months_before(period.start, MONTHS[span]), period.start)


def _months_before(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 - months
    return date(total // 12, total % 12 + 1, 1)


def _year_before(period: Period) -> Period:
    return Period(_last_year(period.start), _last_year(period.last) + DAY)


def _last_year(day: date) -> date:
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)


def _rolling(query: Query, calendar: Calendar, now: datetime) -> tuple[Side, Side | None]:
    """Give the last 24 hours, from facts, and the 24 hours (or the year) before them."""
    own = _stretch(calendar, query.grain, now - DAY, now)
    if query.compare is Compare.NONE:
        return own, None
    days = 1 if query.compare is not Compare.YEAR else YEAR_MATCHED if query.match_weekday else 365
    if days == 1 and query.match_weekday:
        days = 7
    by = timedelta(days=days)
    return own, _stretch(calendar, query.grain, now - DAY - by, now - by)


def _stretch(calendar: Calendar, grain: Grain, starts_at: datetime, ends_at: datetime) -> Side:
    first, last = calendar.day_of(starts_at), calendar.day_of(ends_at)
    parts = tuple(
        Part(
            day, max(starts_at, calendar.start_of(day)), min(ends_at, calendar.start_of(day + DAY))
        )
        for day in Period(first, last + DAY)
        if calendar.start_of(day) < ends_at
    )
    period = Period(first, parts[-1].day + DAY)
    made = Side(period, None, parts, starts_at, ends_at, (), cuts_days=True)
    return _with(made, calendar, grain, ends_at)


def _buckets(side: Side, calendar: Calendar, grain: Grain, now: datetime) -> tuple[Bucket, ...]:
    if grain is Grain.HOUR:
        return _hours(side, calendar, now)
    made: list[Bucket] = []
    day = side.period.start
    while day < side.period.end:
        start = day if grain is Grain.NONE else calendar.bucket_of(day, grain)
        after = side.period.end if grain is Grain.NONE else _after(calendar, start, grain)
        end = min(after, side.period.end)
        if made and start < day:  # the first weekday has changed: the old week is cut short
            start = day
        starts_at = max(calendar.start_of(day), side.starts_at)
        ends_at = max(min(calendar.start_of(end), side.ends_at), starts_at)
        whole = start >= side.period.start and after <= side.period.end
        unclipped = calendar.start_of(start) >= side.starts_at
        is_complete = whole and unclipped and calendar.start_of(after) <= min(now, side.ends_at)
        made.append(Bucket(start, starts_at, ends_at, end - DAY, is_complete))
        day = end
    return tuple(made)


def _after(calendar: Calendar, start: date, grain: Grain) -> date:
    """The start of the bucket after the one that starts on `start`."""
    days = {Grain.DAY: 1, Grain.WEEK: 7}
    if grain in days:
        return start + timedelta(days=days[grain])
    months = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}[grain]
    return _months_before(start, -months)


def _hours(side: Side, calendar: Calendar, now: datetime) -> tuple[Bucket, ...]:
    return tuple(
        Bucket(
            start,
            max(start, side.starts_at),
            min(end, side.ends_at),
            day,
            start >= side.starts_at and end <= min(now, side.ends_at),
        )
        for day in side.period
        for start, end in hours_of(calendar, day)
        if end > side.starts_at and start < side.ends_at
    )
