"""The periods that have names, and the grain that suits a period's length."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from portal.catalog.query import Span
from portal.core.calendar import Calendar, Grain, Period
from portal.core.errors import BadQuery

DAY = timedelta(days=1)
DEFAULT = "30d"
MOST_HOURS_DAYS = 2
MOST_DAYS = 92
MOST_WEEKS_DAYS = 366


@dataclass(frozen=True)
class Preset:
    """A named period: its words, its key on the keyboard, what kind of stretch it is."""

    key: str
    label: str
    letter: str
    period: Callable[[date, date], Period]
    """Of today and the first day with data."""
    span: Span = Span.DAYS

    def of(self, calendar: Calendar, first: date | None = None) -> Period:
        """Give its local days, as of today; `first` is the first day with data."""
        today = calendar.today()
        return self.period(today, min(first or today, today))


def _last(days: int) -> Callable[[date, date], Period]:
    return lambda today, _first: Period(today - timedelta(days=days - 1), today + DAY)


def _from(start: Callable[[date], date]) -> Callable[[date, date], Period]:
    return lambda today, _first: Period(start(today), today + DAY)


def _month(day: date) -> date:
    return day.replace(day=1)


def _months_ago(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 - months
    return date(total // 12, total % 12 + 1, 1)


def _year_ago(today: date) -> date:
    """The day after the same date of last year, so that the period is one year long."""
    is_leap_day = (today.month, today.day) == (2, 29)
    return today.replace(year=today.year - 1, day=28 if is_leap_day else today.day) + DAY


def _preset(*parts: object) -> tuple[str, Preset]:
    made = Preset(*parts)  # type: ignore[arg-type]
    return made.key, made


PRESETS: Mapping[str, Preset] = dict(
    [
        _preset("today", "Today", "D", _last(1)),
        _preset("yesterday", "Yesterday", "E", lambda today, _first: Period(today - DAY, today)),
        _preset("24h", "Last 24 hours", "", _last(2), Span.HOURS),
        _preset("7d", "Last 7 days", "W", _last(7)),
        _preset("30d", "Last 30 days", "T", _last(30)),
        _preset("90d", "Last 90 days", "N", _last(90)),
        _preset("mtd", "Month to date", "M", _from(_month), Span.MONTH),
        _preset(
            "last_month",
            "Last month",
            "P",
            lambda today, _first: Period(_months_ago(today, 1), _month(today)),
            Span.MONTH,
        ),
        _preset(
            "qtd",
            "Quarter to date",
            "Q",
            _from(lambda today: date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)),
            Span.QUARTER,
        ),
        _preset("ytd", "Year to date", "Y", _from(lambda today: date(today.year, 1, 1)), Span.YEAR),
        _preset("12mo", "Last 12 months", "L", _from(lambda today: _months_ago(today, 11))),
        _preset("1y", "Last year's days", "", _from(_year_ago)),
        _preset("all", "All time", "A", lambda today, first: Period(first, today + DAY)),
    ]
)


def preset(key: str) -> Preset:
    """
    Find a named period.

    Raises:
        BadQuery: there is none of that name.
    """
    if key not in PRESETS:
        raise BadQuery(f"no period named {key}; use {', '.join(PRESETS)}", field="period")
    return PRESETS[key]


def grain_for(period: Period, span: Span = Span.DAYS) -> Grain:
    """Choose the grain at which a period makes a readable series."""
    if span is Span.HOURS or period.days < MOST_HOURS_DAYS:
        return Grain.HOUR
    if period.days <= MOST_DAYS:
        return Grain.DAY
    return Grain.WEEK if period.days <= MOST_WEEKS_DAYS else Grain.MONTH
