"""Lines through points as SVG paths: monotone, so that a curve never passes a value it has not."""

from collections.abc import Sequence
from itertools import pairwise

from portal.core.units import Number

Point = tuple[float, float]


def stretches(values: Sequence[Number | None]) -> list[list[tuple[int, float]]]:
    """Return the unbroken runs of known values as (index, value); None is a gap."""
    runs: list[list[tuple[int, float]]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((at, float(value)))
    return [run for run in runs if run]


def curve(points: Sequence[Point]) -> str:
    """
    Return a path through `points`, x rising.

    Source: Fritsch and Carlson 1980, monotone piecewise cubic interpolation; tangents are limited
    to three times the smaller slope beside them, and zero at turning points.
    """
    slopes = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(points)]
    tangents = _tangents(slopes)
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for at, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        third = (x1 - x0) / 3
        path += (
            f"C{x0 + third:.1f} {y0 + tangents[at] * third:.1f}"
            f" {x1 - third:.1f} {y1 - tangents[at + 1] * third:.1f} {x1:.1f} {y1:.1f}"
        )
    return path


def area(points: Sequence[Point], floor: Sequence[Point]) -> str:
    """Return the closed path between a line and the floor below it."""
    back = "".join(f"L{x:.1f} {y:.1f}" for x, y in reversed(floor))
    return f"{curve(points)}{back}Z"


def _tangents(slopes: Sequence[float]) -> list[float]:
    if not slopes:
        return [0.0]
    inner = [_limited(before, after) for before, after in pairwise(slopes)]
    return [slopes[0], *inner, slopes[-1]]


def _limited(before: float, after: float) -> float:
    if before * after <= 0:
        return 0.0
    mean = (before + after) / 2
    least = 3 * min(abs(before), abs(after))
    return max(-least, min(least, mean))
