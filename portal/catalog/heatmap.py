"""When people get in touch: weekday by hour of the client's own clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from portal.catalog import compiler
from portal.catalog.asking import asking_for
from portal.catalog.compare import sides_of
from portal.catalog.compiler import Shape
from portal.catalog.query import Compare, Query
from portal.core.calendar import Calendar, Grain

MINUTES = 60
HOURS = 24
DAY = HOURS * MINUTES
DAYS = 7


@dataclass(frozen=True)
class Heatmap:
    """`cells[weekday][hour]`, Monday first, and how much of it lies outside opening hours."""

    cells: tuple[tuple[int, ...], ...]
    total: int
    busiest: tuple[int, int] | None
    """Weekday and hour, None when nothing happened."""
    outside: Decimal | None
    """Share outside the client's business hours; None when nothing happened, or always open."""
    open_cells: tuple[tuple[bool, ...], ...]
    """Whether the client is open in any part of that hour."""


def heatmap(
    query: Query,
    calendar: Calendar,
    client_id: UUID,
    business_hours: Mapping[str, Any],
    *,
    at: datetime | None = None,
) -> Heatmap:
    """Add up the query's metrics, all of them kept by the hour; inside `acting_as`."""
    asking = asking_for(client_id, calendar, at=at)
    plain = replace(query, compare=Compare.NONE, compared=None)
    side, _ = sides_of(plain, calendar, asking.now, Grain.HOUR)
    shape = Shape(client_id, calendar, asking.now, Grain.HOUR, (), query.filters, (side,))
    measures = [m for metric in query.asked for m in metric.measures]
    cells = [[0] * HOURS for _ in range(DAYS)]
    for row in asking.fetch(compiler.additive(shape, measures)):
        start = side.buckets[row[2] - 1].start
        assert isinstance(start, datetime)
        local = calendar.local(start)
        cells[local.weekday()][local.hour] += int(row[-1])
    return _mapped(cells, business_hours)


def _mapped(cells: Sequence[Sequence[int]], business_hours: Mapping[str, Any]) -> Heatmap:
    total = sum(map(sum, cells))
    opened = _open_minutes(business_hours)
    places = [(day, hour) for day in range(DAYS) for hour in range(HOURS)]
    outside = Decimal(0)
    for day, hour in places:
        outside += Decimal(cells[day][hour]) * (MINUTES - opened[day][hour]) / MINUTES
    return Heatmap(
        cells=tuple(map(tuple, cells)),
        total=total,
        busiest=max(places, key=lambda place: cells[place[0]][place[1]]) if total else None,
        outside=outside / total if total and business_hours else None,
        open_cells=tuple(tuple(minutes > 0 for minutes in hours) for hours in opened),
    )


def _open_minutes(business_hours: Mapping[str, Any]) -> list[list[int]]:
    """Count the open minutes of each hour of the week; a shift may run past midnight."""
    minutes = [not business_hours] * (DAYS * DAY)
    for day, intervals in business_hours.items():
        for opens, closes in intervals:
            start, end = _minute(opens), _minute(closes)
            for minute in range(start, end if end > start else end + DAY):
                minutes[(int(day) * DAY + minute) % len(minutes)] = True
    hours = [sum(minutes[at : at + MINUTES]) for at in range(0, len(minutes), MINUTES)]
    return [hours[at : at + HOURS] for at in range(0, len(hours), HOURS)]


def _minute(clock: str) -> int:
    hour, minute = clock.split(":")[:2]
    return int(hour) * MINUTES + int(minute)
