"""Sparklines: a series as SVG paths in a box of 100 × 40, with the period before behind it."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.units import Number

TOP, HEIGHT, BOTTOM = 3.0, 34.0, 40.0


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Three path strings and the words for who can't see them."""

    current: str
    area: str
    previous: str
    label: str


def sparkline(
    values: Sequence[Number | None],
    previous: Sequence[Number | None] = (),
    *,
    label: str,
) -> Sparkline:
    """
    Draw `values` and the comparison on one scale; an undefined value leaves a gap.

    The scale starts at the smallest value: a sparkline shows the shape, the figure the size.
    """
    known = [float(v) for v in (*values, *previous) if v is not None]
    low, span = (min(known), max(known) - min(known)) if known else (0.0, 0.0)
    lines = _lines(values, low, span)
    return Sparkline(
        current="".join(_path(line) for line in lines),
        area="".join(_area(line) for line in lines),
        previous="".join(_path(line) for line in _lines(previous, low, span)),
        label=label,
    )


def _lines(
    values: Sequence[Number | None], low: float, span: float
) -> list[list[tuple[float, float]]]:
    """Unbroken stretches of known values as points; a single value becomes a short dash."""
    step = 100 / max(len(values) - 1, 1)
    lines: list[list[tuple[float, float]]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            lines.append([])
            continue
        level = (float(value) - low) / span if span else 0.5
        lines[-1].append((at * step, TOP + HEIGHT * (1 - level)))
    return [line if len(line) > 1 else _dash(line[0]) for line in lines if line]


def _dash(point: tuple[float, float]) -> list[tuple[float, float]]:
    x, y = point
    return [(max(x - 1, 0), y), (min(x + 1, 100), y)]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points)


def _area(points: Sequence[tuple[float, float]]) -> str:
    first, last = points[0][0], points[-1][0]
    return f"{_path(points)}L{last:.2f} {BOTTOM:.0f}L{first:.2f} {BOTTOM:.0f}Z"
