"""Metrics: the named, documented numbers that people see."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.catalog.family import MEASURES, Aggregate, Measure
from portal.catalog.formula import Combined, Formula
from portal.core.calendar import Grain
from portal.core.registry import Registry
from portal.core.units import Unit
from portal.models.rollups import DIMENSIONS

CURRENCY = "currency"
DAYS = (Grain.DAY, Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.YEAR, Grain.NONE)
NULL_RULES: Mapping[str, str] = {
    "additive": "Nothing counted is zero.",
    "state": "Nothing inside is zero.",
    "distinct": "Nobody counted is zero.",
    "ratio": "Undefined where the denominator is zero; never zero in its place.",
    "percentile": "Undefined where nothing was measured, or the answered share is too small.",
}


class Better(StrEnum):
    """Which way a change is good news; colours trends."""

    UP = "up"
    DOWN = "down"
    NEITHER = "neither"


@dataclass(frozen=True, eq=False)
class Metric:
    """A named formula over measures, with its unit, direction and definition."""

    key: str
    label: str
    formula: Formula
    unit: Unit
    better: Better
    definition: str
    documents: tuple[str, ...] = ()
    """Columns of the source documents that it answers."""
    version: int = 1

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What it is made of."""
        return tuple(MEASURES[key] for key in self.formula.measure_keys())

    @property
    def parts(self) -> tuple[Formula, Formula | None]:
        """Numerator and denominator; the latter is None unless it is a ratio."""
        formula = self.formula
        if isinstance(formula, Combined) and formula.operator == "÷":
            if formula.right.measure_keys():
                return formula.left, formula.right
            return formula.left, None
        return formula, None

    @property
    def additivity(self) -> str:
        """How values may be added: additive, state, distinct, ratio or percentile."""
        aggregates = {m.aggregate for m in self.measures}
        if self.parts[1] is not None:
            return "ratio"
        for found, word in (
            (Aggregate.STATE, "state"),
            (Aggregate.DISTINCT, "distinct"),
            (Aggregate.MEDIAN, "percentile"),
            (Aggregate.P90, "percentile"),
        ):
            if found in aggregates:
                return word
        return "additive"

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Dimensions that all its measures have; money also by currency."""
        shared = [
            name for name in DIMENSIONS if all(name in m.family.dimensions for m in self.measures)
        ]
        if all(m.kind.has_currency for m in self.measures):
            shared.append(CURRENCY)
        return tuple(shared)

    @property
    def grains(self) -> tuple[Grain, ...]:
        """Grains at which it can be asked."""
        by_hour = all(m.hourly for m in self.measures)
        return (Grain.HOUR, *DAYS) if by_hour else DAYS

    @property
    def is_day_dated(self) -> bool:
        """Whether part of it is dated by a day alone: an unfinished day must be left out."""
        return any(m.family.local_day for m in self.measures)

    @property
    def null_rule(self) -> str:
        """When it is undefined."""
        return NULL_RULES[self.additivity]


METRICS: Registry[Metric] = Registry("metric")


def metric(key: str, label: str, formula: Formula, definition: str, **more: object) -> Metric:
    """Register a metric; `unit` defaults to count, `better` to up."""
    settings = {"unit": Unit.COUNT, "better": Better.UP} | more
    made = Metric(key, label, formula, definition=definition, **settings)  # type: ignore[arg-type]
    return METRICS.add(key, made)
