"""Local days of many instants, quickly."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from portal.core.calendar import Calendar

ONE_DAY = timedelta(days=1)


class Days:
    """The local days in which instants lie; remembers where the days around each date begin."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.found: set[date] = set()
        self._bounds: dict[date, tuple[datetime, datetime]] = {}

    def add(self, instants: Iterable[datetime | None]) -> None:
        """Note the day of each instant; None is skipped."""
        for instant in instants:
            if instant is not None:
                self.found.add(self.day_of(instant))

    def day_of(self, instant: datetime) -> date:
        """Give the local day of `instant`; the same as the calendar's answer."""
        here = (instant if instant.tzinfo is UTC else instant.astimezone(UTC)).date()
        bounds = self._bounds.get(here)
        if bounds is None:
            calendar = self.calendar
            bounds = calendar.start_of(here), calendar.start_of(here + ONE_DAY)
            self._bounds[here] = bounds
        if instant < bounds[0]:
            return self._checked(instant, here - ONE_DAY)
        return here if instant < bounds[1] else self._checked(instant, here + ONE_DAY)

    def _checked(self, instant: datetime, day: date) -> date:
        """A zone that skips a whole day, or two zones at a change, need a longer look."""
        if len(self.calendar.spans) > 1:
            return self.calendar.day_of(instant)
        return day
