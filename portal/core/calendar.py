"""Days, grains, half-open periods and a client's own calendar. The only clock of the portal."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

FIRST_DAY = date(1900, 1, 1)


class Grain(StrEnum):
    """Width of a time bucket."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Period:
    """Local days from `start` up to, not including, `end`."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError(f"empty period {self.start}..{self.end}")

    @property
    def days(self) -> int:
        """How many days it holds, ≥ 1."""
        return (self.end - self.start).days

    @property
    def last(self) -> date:
        """Its last day."""
        return self.end - timedelta(days=1)

    def __iter__(self) -> Iterator[date]:
        return (self.start + timedelta(days=n) for n in range(self.days))

    def shifted(self, days: int) -> "Period":
        """The period of equal length that lies `days` later (negative: earlier)."""
        by = timedelta(days=days)
        return Period(self.start + by, self.end + by)


@dataclass(frozen=True, slots=True)
class CalendarSpan:
    """What holds from local day `from_on`: IANA zone, first weekday (0 Monday … 6), currency."""

    from_on: date
    zone: str
    week_start: int
    currency: str


@dataclass(frozen=True)
class Calendar:
    """
    A client's days: which zone held when.

    A change of zone holds from its day; earlier days keep theirs. A day runs from its zone's
    midnight to the start of the next day, so days partition time whatever the zones.
    """

    spans: Sequence[CalendarSpan]
    """Sorted by `from_on`, at least one; the first also holds for all days before it."""

    def at(self, day: date) -> CalendarSpan:
        """What holds on local day `day`."""
        return self.spans[max(bisect_right([s.from_on for s in self.spans], day) - 1, 0)]

    @property
    def current(self) -> CalendarSpan:
        """What holds today."""
        return self.at(self.today())

    @property
    def zone(self) -> str:
        """The zone that holds today."""
        return self.current.zone

    @property
    def currency(self) -> str:
        """The currency that holds today."""
        return self.current.currency

    def start_of(self, day: date) -> datetime:
        """The UTC instant at which local day `day` starts."""
        return _midnight(day, self.at(day).zone)

    def instants(self, period: Period) -> tuple[datetime, datetime]:
        """The UTC instants at which `period` starts and ends."""
        return self.start_of(period.start), self.start_of(period.end)

    def day_of(self, instant: datetime) -> date:
        """The local day in which `instant` lies."""
        day = instant.astimezone(_zone(self.at(instant.astimezone(UTC).date()).zone)).date()
        while instant < self.start_of(day):
            day -= timedelta(days=1)
        while instant >= self.start_of(day + timedelta(days=1)):
            day += timedelta(days=1)
        return day

    def today(self, at: datetime | None = None) -> date:
        """The local day of now (or of `at`)."""
        instant = at or now()
        if len(self.spans) == 1:
            return instant.astimezone(_zone(self.spans[0].zone)).date()
        return self.day_of(instant)

    def local(self, instant: datetime) -> datetime:
        """Show `instant` on the client's wall clock."""
        return instant.astimezone(_zone(self.at(self.day_of(instant)).zone))

    def week_of(self, day: date) -> date:
        """The first day of the week in which `day` lies."""
        return day - timedelta(days=(day.weekday() - self.at(day).week_start) % 7)

    def bucket_of(self, day: date, grain: Grain) -> date:
        """The first day of the bucket of width `grain` (day or wider) in which `day` lies."""
        match grain:
            case Grain.WEEK:
                return self.week_of(day)
            case Grain.MONTH:
                return day.replace(day=1)
            case Grain.QUARTER:
                return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
            case Grain.YEAR:
                return date(day.year, 1, 1)
        return day


def now() -> datetime:
    """The present instant, UTC, with microseconds."""
    return datetime.now(UTC)  # noqa: TID251 - this is the clock that all others ask


def is_zone(name: str) -> bool:
    """Whether `name` is an IANA time zone."""
    return name in _zones()


def zone_names() -> list[str]:
    """List the IANA time zones that people live in, by name."""
    return sorted(name for name in _zones() if "/" in name or name == "UTC")


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=65536)
def _midnight(day: date, zone: str) -> datetime:
    # A midnight that does not exist reads as the instant of the jump, one that occurs twice as its
    # first occurrence: both are what fold=0 gives.
    return datetime.combine(day, time(), _zone(zone)).astimezone(UTC)
