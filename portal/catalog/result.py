"""The answer: rows, totals and what they cover. A figure is a formula over a row's measures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from portal.catalog.compare import Bucket
from portal.catalog.family import Kind
from portal.catalog.metric import CURRENCY, Metric
from portal.catalog.query import Query
from portal.catalog.subjects import METRICS


@dataclass(frozen=True)
class Cells:
    """The measures of one row. `whole` leaves out the day that is not over yet."""

    all: Mapping[str, Decimal | None] = field(default_factory=dict)
    whole: Mapping[str, Decimal | None] = field(default_factory=dict)
    cuts_days: bool = False
    has_days: bool = True

    def figure(self, metric: Metric) -> Decimal | None:
        """Apply the metric's formula; one that a whole day dates leaves an open day out."""
        if not (metric.is_day_dated and self.cuts_days):
            return metric.formula.value(self.all)
        return metric.formula.value(self.whole) if self.has_days else None


@dataclass(frozen=True)
class Row:
    """One bucket and one combination of dimension values, now and before."""

    at: date | datetime | None
    """The bucket: its first local day, or its hour; None when the question has no grain."""
    position: int
    """Of the bucket, from 1."""
    dimensions: tuple[str, ...]
    now: Cells
    earlier: Cells | None = None

    def __getitem__(self, metric: str) -> Decimal | None:
        return self.now.figure(METRICS[metric])

    def before(self, metric: str) -> Decimal | None:
        """Return the compared figure, None where there is none."""
        return None if self.earlier is None else self.earlier.figure(METRICS[metric])

    def change(self, metric: str) -> Decimal | None:
        """Return the relative change; None where there was nothing before, or zero."""
        now, before = self[metric], self.before(metric)
        return None if now is None or not before else (now - before) / abs(before)


@dataclass(frozen=True)
class Interval:
    """Half-open, UTC."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Result:
    """
    What a query found, in the order that it asked for.

    `total` covers all rows, also those that `limit` cut off: a rate's total is a ratio of sums, a
    distinct count's a count of its own.
    """

    query: Query
    rows: tuple[Row, ...]
    total: Row
    is_truncated: bool
    buckets: tuple[Bucket, ...]
    interval: Interval
    compared: Interval | None
    compared_buckets: tuple[Bucket, ...]
    currency: str
    other_currencies: tuple[str, ...]
    zone: str
    as_of: datetime

    def currency_of(self, row: Row) -> str:
        """In which currency the row's money is."""
        if CURRENCY in self.query.dimensions:
            return row.dimensions[self.query.dimensions.index(CURRENCY)]
        return self.currency


def is_money(metric: Metric) -> bool:
    """Whether any of its measures is kept by currency."""
    return any(measure.kind.has_currency for measure in metric.measures)


def in_minor(kind: Kind, value: Decimal, exponent: int) -> Decimal:
    """Bring an amount to minor units, unrounded; other kinds stay."""
    return value.scaleb(exponent - 6) if kind is Kind.MICROS else value
