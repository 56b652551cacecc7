"""When people get in touch: weekday by hour, on the client's own clock."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.catalog import heatmap as catalog
from portal.core.units import count, share

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LEVELS = 6
EVERY = 3


@dataclass(frozen=True)
class Hour:
    """A head of a column; every third has a label."""

    label: str
    name: str


@dataclass(frozen=True)
class Cell:
    """One hour of the week; `level` 0…6 is its colour."""

    hour: str
    value: int
    level: int
    is_open: bool


@dataclass(frozen=True)
class Day:
    """One row."""

    label: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Heatmap:
    """The table and its sentence."""

    hours: Sequence[Hour]
    rows: Sequence[Day]
    sentence: str
    busiest: str
    zone: str
    is_empty: bool


def heatmap(found: catalog.Heatmap, zone: str, week_start: int) -> Heatmap:
    """Draw the heatmap, its rows in the order of the client's week."""
    most = max((value for row in found.cells for value in row), default=0)
    order = [(week_start + n) % 7 for n in range(7)]
    return Heatmap(
        hours=[Hour(_clock(hour) if hour % EVERY == 0 else "", _clock(hour)) for hour in range(24)],
        rows=[
            Day(
                DAYS[day],
                [
                    Cell(
                        f"{hour:02}",
                        value,
                        _level(value, most),
                        found.open_cells[day][hour] and found.outside is not None,
                    )
                    for hour, value in enumerate(found.cells[day])
                ],
            )
            for day in order
        ],
        sentence=_sentence(found),
        busiest=_busiest(found),
        zone=zone,
        is_empty=not found.total,
    )


def _level(value: int, most: int) -> int:
    return -(-value * LEVELS // most) if value else 0


def _clock(hour: int) -> str:
    return f"{hour % 12 or 12}{'a' if hour < 12 else 'p'}"  # noqa: PLR2004 - noon


def _sentence(found: catalog.Heatmap) -> str:
    words = f"{count(found.total)} calls and messages"
    if found.outside is not None:
        words += f", {share(found.outside, digits=0)} outside opening hours"
    return words


def _busiest(found: catalog.Heatmap) -> str:
    if found.busiest is None:
        return ""
    day, hour = found.busiest
    return f"Busiest hour: {LONG_DAYS[day]} {hour:02}:00 to {(hour + 1) % 24:02}:00."
