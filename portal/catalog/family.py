"""
Families and measures: which rows are counted, on which instant, by which dimensions.

A family is one pass over one relation; its measures are aggregates taken in that pass. All SQL here
is a developer's constant: nothing from outside is ever part of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from portal.catalog.formula import Formula, Values
from portal.core.registry import Registry


class Aggregate(StrEnum):
    """How a measure makes one number of many rows. Only the first two add up."""

    COUNT = "count"
    SUM = "sum"
    DISTINCT = "distinct"
    MEDIAN = "median"
    P90 = "p90"
    STATE = "state"

    @property
    def is_stored(self) -> bool:
        """May daily values be added to weekly ones? Then rollups keep them."""
        return self in {Aggregate.COUNT, Aggregate.SUM}


class Kind(StrEnum):
    """What a measure's number is, before any formula."""

    COUNT = "count"
    MINOR = "minor"
    """Money in minor units, by currency."""
    MICROS = "micros"
    """Money in millionths of the unit, by currency."""
    PRICED = "priced"
    """A count kept by currency, to divide money by."""
    SECONDS = "seconds"
    NUMBER = "number"

    @property
    def has_currency(self) -> bool:
        """Whether its rows are kept apart by currency."""
        return self in {Kind.MINOR, Kind.MICROS, Kind.PRICED}


@dataclass(frozen=True)
class Identity:
    """How one row of a family is shown when somebody opens a figure. All SQL expressions."""

    fact: str
    """The kind of fact, as a constant or an expression."""
    id: str = "CAST(f.id AS text)"
    external_id: str = "f.external_id"
    title: str = "''"
    lead: str = "CAST(NULL AS uuid)"
    at: str = ""
    """When it happened; default: the family's instant."""


@dataclass(frozen=True)
class Family:
    """
    One pass over one relation.

    `relation` is the FROM clause: the driving table, alias `f`, and the joins that all measures
    need. `joins` are those that only some dimensions need, by alias, in order; each is added when
    its alias is used. Every join carries `client_id`. `instant` is the indexed timestamptz that
    dates a row, `local_day` a date column in its place.
    """

    key: str
    relation: str
    dimensions: Mapping[str, str]
    """Conformed dimension → text expression that is never null."""
    identity: Identity
    instant: str = ""
    local_day: str = ""
    where: str = ""
    joins: Mapping[str, str] = field(default_factory=dict)
    currency: str = "''"
    stored: tuple[str, ...] | None = None
    """Dimensions that rollups keep; the rest are read from facts. None: all."""

    @property
    def kept(self) -> tuple[str, ...]:
        """Dimensions that rollups keep."""
        return tuple(self.dimensions) if self.stored is None else self.stored

    @property
    def hourly(self) -> bool:
        """Whether any of its measures is also kept by the hour."""
        return any(m.hourly for m in MEASURES.values() if m.family is self)


@dataclass(frozen=True, eq=False)
class Measure(Formula):
    """
    One aggregate over a family: the only thing that rollups store.

    A state's value is the running sum of `entries` − `exits`, both additive measures.
    """

    key: str
    family: Family
    aggregate: Aggregate
    kind: Kind
    value_sql: str = ""
    where: str = ""
    entries: str = ""
    exits: str = ""
    window_days: int = 0
    """Of a distinct count: the local days that end with the bucket's last one; 0: the bucket."""
    hourly: bool = False
    """Also kept by the hour."""
    unless: str = ""
    """Key of a measure that replaces it in each (kind, local month) where that one has rows."""

    def measure_keys(self) -> tuple[str, ...]:
        """Itself."""
        return (self.key,)

    def value(self, values: Values) -> Decimal | None:
        """Nothing counted is zero; a percentile of nothing is undefined."""
        empty = None if self.aggregate in {Aggregate.MEDIAN, Aggregate.P90} else Decimal(0)
        found = values.get(self.key)
        return empty if found is None else found

    def text(self) -> str:
        """Return its name."""
        return self.key

    def terms(self) -> dict[str, int] | None:
        """One term, counted as it is."""
        return {self.key: 1}


FAMILIES: Registry[Family] = Registry("family")
MEASURES: Registry[Measure] = Registry("measure")


def family(key: str, relation: str, **parts: object) -> Family:
    """Register a family."""
    return FAMILIES.add(key, Family(key, relation, **parts))  # type: ignore[arg-type]


def count(
    key: str, of: Family, where: str = "", *, priced: bool = False, hourly: bool = False
) -> Measure:
    """Register a count of the rows where `where` holds; `priced` ones are kept by currency."""
    kind = Kind.PRICED if priced else Kind.COUNT
    return MEASURES.add(key, Measure(key, of, Aggregate.COUNT, kind, where=where, hourly=hourly))


def total(
    key: str,
    of: Family,
    value: str,
    where: str = "",
    *,
    kind: Kind,
    **more: object,
) -> Measure:
    """Register a sum of `value` over the rows where `where` holds."""
    made = Measure(key, of, Aggregate.SUM, kind, value, where, **more)  # type: ignore[arg-type]
    return MEASURES.add(key, made)


def distinct(key: str, of: Family, value: str, where: str = "", *, window_days: int = 0) -> Measure:
    """Register a count of different values: never stored, never added up."""
    made = Measure(key, of, Aggregate.DISTINCT, Kind.COUNT, value, where, window_days=window_days)
    return MEASURES.add(key, made)


def percentile(key: str, of: Family, value: str, where: str = "", *, p90: bool = False) -> Measure:
    """Register a median or 90th percentile of seconds; a null value counts as infinite."""
    aggregate = Aggregate.P90 if p90 else Aggregate.MEDIAN
    return MEASURES.add(key, Measure(key, of, aggregate, Kind.SECONDS, value, where))


def state(key: str, entries: Measure, exits: Measure) -> Measure:
    """Register what is inside at a bucket's end: all that came in less all that went out."""
    made = Measure(
        key,
        entries.family,
        Aggregate.STATE,
        Kind.COUNT,
        entries=entries.key,
        exits=exits.key,
    )
    return MEASURES.add(key, made)
