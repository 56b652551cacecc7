"""Ranges and round ticks of an axis: four to six, from zero for bars, steps that read well."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.units import Unit

ROUND = (1, 2, 2.5, 5, 10)
CLOCK = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
DAY = 86400
NOTHING = 1e-9
"""Below this share of their size two values are one; an axis between them has no room for ticks."""
Bounds = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Span:
    """From `low` to `high`, with a tick at each end."""

    low: float
    high: float
    ticks: Sequence[float]

    def part(self, value: float) -> float:
        """Return where `value` lies, 0 at the foot and 1 at the top."""
        return (value - self.low) / (self.high - self.low)


def span_of(
    values: Sequence[float],
    *,
    unit: str = Unit.COUNT,
    wanted: int = 5,
    zero: bool = True,
    bounds: Bounds = (None, None),
) -> Span:
    """
    Return the range that holds `values`, in about `wanted` steps of a round size.

    Without values it is 0…1 (shares) or 0…`wanted`, so that an empty chart has its axis too.
    """
    low, high = _reach(values, unit, wanted=wanted, zero=zero, bounds=bounds)
    step = _step((high - low) / wanted, unit)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    ticks = tuple(round(number * step, 10) for number in range(first, last + 1))
    return Span(ticks[0], ticks[-1], ticks)


def _reach(
    values: Sequence[float], unit: str, *, wanted: int, zero: bool, bounds: Bounds
) -> tuple[float, float]:
    fixed = [bound for bound in bounds if bound is not None]
    known = [*values, *fixed, *([0.0] if zero or not values else [])]
    low, high = min(known), max(known)
    if high - low <= NOTHING * max(1, abs(low), abs(high)):
        high = max(high, low + _least(unit, wanted))
    return low, high


def _least(unit: str, wanted: int) -> float:
    """How high an axis is that has nothing but zero to show."""
    return {Unit.SHARE: 0.1, Unit.MONEY: 100.0 * wanted, Unit.SECONDS: 60.0}.get(
        Unit(unit), float(wanted)
    )


def _step(least: float, unit: str) -> float:
    if unit == Unit.SECONDS:
        fitting = [size for size in CLOCK if size >= least]
        return fitting[0] if fitting else DAY * _decimal_step(least / DAY)
    if unit == Unit.COUNT:
        # A count has no halves: 2.5 gives way to 5.
        step = _decimal_step(max(least, 1.0))
        return step if step == int(step) else 2 * step
    return _decimal_step(least)


def _decimal_step(least: float) -> float:
    size = 10.0 ** math.floor(math.log10(least))
    return next(factor * size for factor in ROUND if factor * size >= least * (1 - 1e-9))
