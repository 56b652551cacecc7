"""When people get in touch: weekday by hour of the client's own clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
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
DAYS = 7


@dataclass(frozen=True)
class Heatmap:
    """`cells[weekday][hour]`, Monday first; the busiest one; how much lies outside opening hours."""

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
    opened = [
        [_open_minutes(business_hours, day, hour) for hour in range(HOURS)] for day in range(DAYS)
    ]
    outside = sum(
        Decimal(value) * (MINUTES - opened[day][hour]) / MINUTES
        for day, hours in enumerate(cells)
        for hour, value in enumerate(hours)
    )
    places = [(day, hour) for day in range(DAYS) for hour in range(HOURS)]
    return Heatmap(
        cells=tuple(map(tuple, cells)),
        total=total,
        busiest=max(places, key=lambda place: cells[place[0]][place[1]]) if total else None,
        outside=outside / total if total and business_hours else None,
        open_cells=tuple(tuple(minutes > 0 for minutes in hours) for hours in opened),
    )


def _open_minutes(business_hours: Mapping[str, Any], day: int, hour: int) -> int:
    """Count the minutes of one hour of the week in which the client is open."""
    if not business_hours:
        return MINUTES
    start = hour * MINUTES
    return min(
        MINUTES,
        sum(
            max(
                0,
                min(_minute(closes) or HOURS * MINUTES, start + MINUTES)
                - max(_minute(opens), start),
            )
            for opens, closes in business_hours.get(str(day), ())
        ),
    )


def _minute(clock: str) -> int:
    if clock.startswith("24"):
        return HOURS * MINUTES
    at = time.fromisoformat(clock)
    return at.hour * MINUTES + at.minute
