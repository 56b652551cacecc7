"""Days partition time in every zone, across clock changes and changes of zone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.calendar import Calendar, CalendarSpan, Grain, Period

ZONES = (
    "Europe/Berlin",
    "America/Los_Angeles",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "UTC",
    "America/Santiago",  # its clocks change at midnight
    "Pacific/Apia",  # it skipped 30 December 2011
)


def calendar(zone: str, week_start: int = 0) -> Calendar:
    """A calendar of one zone."""
    return Calendar([CalendarSpan(date(2000, 1, 1), zone, week_start, "EUR")])


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("Asia/Kathmandu", date(2026, 3, 29), 24),
        ("America/Santiago", date(2026, 9, 6), 23),
    ],
)
def test_a_day_is_as_long_as_the_clocks_make_it(zone: str, day: date, hours: float) -> None:
    start, end = calendar(zone).instants(Period(day, day + timedelta(days=1)))

    assert end - start == timedelta(hours=hours)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2005, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_every_instant_lies_in_the_day_that_it_is_told(zone: str, instant: datetime) -> None:
    days = calendar(zone)
    day = days.day_of(instant)

    assert days.start_of(day) <= instant < days.start_of(day + timedelta(days=1))


@given(
    st.sampled_from(ZONES),
    st.sampled_from(ZONES),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_days_partition_time_across_a_change_of_zone(old: str, new: str, instant: datetime) -> None:
    """A zone changed on 1 June: no instant falls between two days, none into both."""
    moved = Calendar(
        [
            CalendarSpan(date(2000, 1, 1), old, 0, "EUR"),
            CalendarSpan(date(2026, 6, 1), new, 0, "EUR"),
        ]
    )
    day = moved.day_of(instant)

    assert moved.start_of(day) <= instant < moved.start_of(day + timedelta(days=1))


def test_earlier_days_keep_their_zone() -> None:
    moved = Calendar(
        [
            CalendarSpan(date(2000, 1, 1), "Europe/Berlin", 0, "EUR"),
            CalendarSpan(date(2026, 6, 1), "Asia/Tokyo", 0, "JPY"),
        ]
    )

    assert moved.start_of(date(2026, 5, 31)) == datetime(2026, 5, 30, 22, tzinfo=UTC)
    assert moved.start_of(date(2026, 6, 1)) == datetime(2026, 5, 31, 15, tzinfo=UTC)
    assert (moved.at(date(2026, 5, 31)).currency, moved.at(date(2026, 6, 1)).currency) == (
        "EUR",
        "JPY",
    )


def test_buckets_begin_where_the_client_says() -> None:
    """21 November 2026 is a Saturday."""
    day = date(2026, 11, 21)

    assert calendar("UTC", 0).bucket_of(day, Grain.WEEK) == date(2026, 11, 16)
    assert calendar("UTC", 6).bucket_of(day, Grain.WEEK) == date(2026, 11, 15)
    assert calendar("UTC").bucket_of(day, Grain.MONTH) == date(2026, 11, 1)
    assert calendar("UTC").bucket_of(day, Grain.QUARTER) == date(2026, 10, 1)
    assert calendar("UTC").bucket_of(day, Grain.YEAR) == date(2026, 1, 1)


def test_an_empty_period_is_no_period() -> None:
    with pytest.raises(ValueError, match="empty"):
        Period(date(2026, 1, 1), date(2026, 1, 1))
