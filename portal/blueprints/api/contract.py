"""What the asking addresses answer, as types: the OpenAPI document is made of them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

Number = int | float
Instant = datetime


class Money(msgspec.Struct):
    """An amount in the currency's minor unit."""

    minor: int
    currency: str


Figure = Number | Money | None
"""A whole count, a decimal, money, or null where it is undefined."""


class ColumnAnswer(msgspec.Struct, omit_defaults=True):
    """One column of the rows."""

    key: str
    kind: Literal["time", "dimension", "metric", "before"]
    unit: str = ""


class BucketAnswer(msgspec.Struct):
    """One step of the series."""

    from_: str = msgspec.field(name="from")
    complete: bool = True


class IntervalAnswer(msgspec.Struct):
    """Half-open, UTC."""

    from_: Instant = msgspec.field(name="from")
    to: Instant = msgspec.field(name="to")


class ComparisonAnswer(msgspec.Struct):
    """Totals of the other period."""

    totals: dict[str, Figure]
    interval: IntervalAnswer


class QueryAnswer(msgspec.Struct, kw_only=True):
    """The answer to a question. `rows` hold a value for each of `columns`."""

    columns: list[ColumnAnswer]
    rows: list[list[str | Figure]]
    truncated: bool
    totals: dict[str, Figure]
    comparison: ComparisonAnswer | None = None
    buckets: list[BucketAnswer]
    other_currencies: list[str]
    time_zone: str
    interval: IntervalAnswer
    as_of: Instant


class FactAnswer(msgspec.Struct):
    """One fact behind a figure, and what it adds to it."""

    at: Instant
    fact: str
    external_id: str
    title: str
    lead_id: UUID | None
    measure: str
    value: Number | None
    kind: str
    currency: str | None
    dimensions: dict[str, str]


class RowsAnswer(msgspec.Struct):
    """A page of facts; `count` and `total` are of all pages."""

    items: list[FactAnswer]
    next: str | None
    count: int
    total: Number


class MetricAnswer(msgspec.Struct):
    """A metric."""

    key: str
    label: str
    unit: str
    better: str
    additivity: Literal["additive", "state", "distinct", "ratio", "percentile"]
    grains: list[str]
    dimensions: list[str]
    definition: str
    formula: str
    numerator: str
    denominator: str | None
    null_rule: str
    version: int
    documents: list[str]


class DimensionAnswer(msgspec.Struct):
    """A dimension, and which metrics have it."""

    key: str
    label: str
    type: Literal["text"]
    definition: str
    metrics: list[str]


class EventNameAnswer(msgspec.Struct):
    """A name of product events."""

    name: str
    events: int
    first_day: str
    last_day: str


class MetricsAnswer(msgspec.Struct):
    """All metrics."""

    items: list[MetricAnswer]


class DimensionsAnswer(msgspec.Struct):
    """All dimensions."""

    items: list[DimensionAnswer]


class EventNamesAnswer(msgspec.Struct):
    """The client's event names, the most frequent first."""

    items: list[EventNameAnswer]


class PageAnswer(msgspec.Struct):
    """A page of what arrived, in the order of its receipt."""

    items: list[dict[str, Any]]
    next: str | None


class ProblemAnswer(msgspec.Struct, omit_defaults=True):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    field: str = ""
