"""Which instants are compared: like with like, in every zone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalog.compare import Side, sides_of
from portal.catalog.presets import PRESETS, grain_for, preset
from portal.catalog.query import Compare, Query, Span
from portal.core.calendar import Calendar, CalendarSpan, Grain, Period
from portal.core.errors import BadQuery

ZONES = ("Europe/Berlin", "America/Los_Angeles", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC")
DAY = timedelta(days=1)


def calendar(zone: str) -> Calendar:
    """A calendar of one zone."""
    return Calendar([CalendarSpan(date(1970, 1, 1), zone, 0, "EUR")])


def sides(period: Period, at: datetime, zone: str = "UTC", **more: object) -> tuple[Side, Side]:
    """Resolve a comparison."""
    query = Query(("leads",), period, **{"compare": Compare.PREVIOUS} | more)  # type: ignore[arg-type]
    own, other = sides_of(query, calendar(zone), at)
    assert other is not None
    return own, other


def test_a_finished_period_is_compared_with_as_many_days_before() -> None:
    january = Period(date(2026, 1, 1), date(2026, 2, 1))
    own, other = sides(january, datetime(2026, 3, 1, tzinfo=UTC), "Europe/Berlin")

    assert other.period == Period(date(2025, 12, 1), date(2026, 1, 1))
    assert (own.parts, other.parts) == ((), ())
    assert other.ends_at == own.starts_at


def test_an_unfinished_month_is_compared_up_to_the_same_time_of_the_same_day() -> None:
    """On 31 March the February before is over: it is taken whole."""
    at = datetime(2026, 3, 10, 13, 30, tzinfo=UTC)
    own, other = sides(Period(date(2026, 3, 1), date(2026, 3, 11)), at, span=Span.MONTH)
    assert own.ends_at == at
    assert other.period.start == date(2026, 2, 1)
    assert other.ends_at == datetime(2026, 2, 10, 13, 30, tzinfo=UTC)
    assert (own.whole, other.whole) == (
        Period(date(2026, 3, 1), date(2026, 3, 10)),
        Period(date(2026, 2, 1), date(2026, 2, 10)),
    )

    end = datetime(2026, 3, 31, 13, 30, tzinfo=UTC)
    _own, other = sides(Period(date(2026, 3, 1), date(2026, 4, 1)), end, span=Span.MONTH)
    assert (other.whole, other.parts) == (Period(date(2026, 2, 1), date(2026, 3, 1)), ())


@pytest.mark.parametrize("zone", ZONES)
def test_the_same_wall_clock_ends_both_sides(zone: str) -> None:
    """Across a change of the clocks: noon is noon."""
    own_calendar = calendar(zone)
    at = own_calendar.start_of(date(2026, 4, 7)) + timedelta(hours=15)
    own, other = sides(Period(date(2026, 3, 30), date(2026, 4, 8)), at, zone)

    shown = [own_calendar.local(side.ends_at).time() for side in (own, other)]
    assert shown[0] == shown[1]
    assert len(own.buckets) == len(other.buckets)


def test_weekdays_line_up_and_sides_never_overlap() -> None:
    period = Period(date(2026, 3, 1), date(2026, 3, 31))
    at = datetime(2026, 5, 1, tzinfo=UTC)
    for compare, days in ((Compare.PREVIOUS, 35), (Compare.YEAR, 364)):
        own, other = sides(period, at, match_weekday=True, compare=compare)

        assert (own.period.start - other.period.start).days == days
        assert other.period.end <= own.period.start


def test_a_year_before_a_leap_day_has_its_day() -> None:
    leap = Period(date(2028, 2, 29), date(2028, 3, 1))
    _own, other = sides(leap, datetime(2028, 5, 1, tzinfo=UTC), compare=Compare.YEAR)

    assert other.period == Period(date(2027, 2, 28), date(2027, 3, 1))


@given(
    first=st.dates(date(2024, 1, 1), date(2026, 1, 1)),
    days=st.integers(1, 400),
    zone=st.sampled_from(ZONES),
    grain=st.sampled_from([g for g in Grain if g is not Grain.HOUR]),
    week_start=st.integers(0, 6),
)
def test_buckets_partition_the_period(
    first: date, days: int, zone: str, grain: Grain, week_start: int
) -> None:
    own_calendar = Calendar([CalendarSpan(date(1970, 1, 1), zone, week_start, "EUR")])
    period = Period(first, first + timedelta(days=days))
    query = Query(("leads",), period, grain=grain)
    side, _ = sides_of(query, own_calendar, datetime(2030, 1, 1, tzinfo=UTC))

    assert side.buckets[0].starts_at == side.starts_at
    assert side.buckets[-1].ends_at == side.ends_at
    for bucket, after in zip(side.buckets, side.buckets[1:], strict=False):
        assert bucket.ends_at == after.starts_at
        assert bucket.start < after.start
    for n, day in enumerate(period):
        assert side.position(day) >= 1, n


def test_a_clipped_or_open_bucket_is_not_complete() -> None:
    """Wednesday to the Tuesday after next, asked on its last day."""
    period = Period(date(2026, 3, 4), date(2026, 3, 18))
    query = Query(("leads",), period, grain=Grain.WEEK)
    side, _ = sides_of(query, calendar("UTC"), datetime(2026, 3, 17, 12, tzinfo=UTC))

    shown = [(str(bucket.start), bucket.is_complete) for bucket in side.buckets]
    assert shown == [("2026-03-02", False), ("2026-03-09", True), ("2026-03-16", False)]


def test_a_changed_zone_holds_from_its_day() -> None:
    """Days before keep their own; the day of the change runs up to the next one's start."""
    spans = [
        CalendarSpan(date(1970, 1, 1), "Europe/Berlin", 0, "EUR"),
        CalendarSpan(date(2026, 3, 4), "America/New_York", 0, "EUR"),
    ]
    query = Query(("leads",), Period(date(2026, 3, 3), date(2026, 3, 5)), grain=Grain.DAY)
    side, _ = sides_of(query, Calendar(spans), datetime(2026, 5, 1, tzinfo=UTC))

    assert side.starts_at == datetime(2026, 3, 2, 23, tzinfo=UTC)
    assert side.buckets[1].starts_at == datetime(2026, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("key", PRESETS)
def test_a_preset_ends_with_today_or_before(key: str) -> None:
    own = calendar("Asia/Kathmandu")
    period = preset(key).of(own, date(2020, 5, 5))

    assert period.last <= own.today()
    assert grain_for(period, preset(key).span) in Grain


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(BadQuery, match="fortnight"):
        preset("fortnight")
