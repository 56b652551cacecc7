"""A client's business hours as intervals of time, and how many seconds of them lie before t."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from portal.core.calendar import Calendar, Period

Schedule = Mapping[str, Sequence[Sequence[str]]]
Interval = tuple[datetime, datetime]

# The arrays hold each interval's start, its length, and the open seconds before it.
OPEN_SECONDS = (
    "coalesce((CAST(:open_before AS bigint[]))"
    "[width_bucket({at}, CAST(:open_from AS timestamptz[]))]"
    " + least(CAST(extract(epoch FROM {at} - (CAST(:open_from AS timestamptz[]))"
    "[width_bucket({at}, CAST(:open_from AS timestamptz[]))]) AS bigint),"
    " (CAST(:open_length AS bigint[]))[width_bucket({at}, CAST(:open_from AS timestamptz[]))]), 0)"
)
WEEK = timedelta(days=8)
"""A turn ends at most seven days after it starts."""


@dataclass(frozen=True)
class OpenHours:
    """When the client is open; an empty schedule means always."""

    schedule: Schedule
    calendar: Calendar

    def arrays(self, first: datetime, last: datetime) -> dict[str, list[object]]:
        """Give the binds of OPEN_SECONDS for instants from `first` to a week after `last`."""
        intervals = list(self.intervals(first - WEEK, last + WEEK))
        lengths = [int((end - start).total_seconds()) for start, end in intervals]
        before = list(accumulate(lengths, initial=0))[: len(lengths)]
        return {
            "open_from": [start for start, _ in intervals],
            "open_length": list(lengths),
            "open_before": list(before),
        }

    def intervals(self, first: datetime, last: datetime) -> Iterator[Interval]:
        """Yield open intervals, sorted and apart, of the local days from `first` to `last`."""
        if not self.schedule:
            yield first, last
            return
        start: datetime | None = None
        end = first
        for opens, closes in self._sorted(first, last):
            if start is not None and opens > end:
                yield start, end
                start = None
            start, end = (opens, closes) if start is None else (start, max(end, closes))
        if start is not None:
            yield start, end

    def _sorted(self, first: datetime, last: datetime) -> list[Interval]:
        days = Period(self.calendar.day_of(first), self.calendar.day_of(last) + timedelta(days=1))
        found = [interval for day in days for interval in self._of(day)]
        return sorted(interval for interval in found if interval[0] < interval[1])

    def _of(self, day: date) -> Iterator[Interval]:
        zone = ZoneInfo(self.calendar.at(day).zone)
        for opens, closes in self.schedule.get(str(day.weekday()), ()):
            until = day if closes > opens else day + timedelta(days=1)
            yield _instant(day, opens, zone), _instant(until, closes, zone)


def _instant(day: date, clock: str, zone: ZoneInfo) -> datetime:
    hour, minute = (int(part) for part in clock.split(":")[:2])
    wall = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(
        hours=hour, minutes=minute
    )  # wall clock arithmetic: "24:00" is the next midnight
    return wall.astimezone(UTC)
