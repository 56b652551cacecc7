"""The question: which metrics, by what, over which days, against what."""

from dataclasses import dataclass
from enum import StrEnum

from portal.catalog.dimension import DIMENSION
from portal.catalog.metric import CURRENCY, Metric
from portal.catalog.subjects import METRICS
from portal.core.calendar import Grain, Period
from portal.core.errors import BadQuery

MAX_METRICS = 60
MAX_DIMENSIONS = 4
MAX_FILTERS = 20
MAX_VALUES = 200
MAX_LIMIT = 10_000
MAX_HOUR_DAYS = 14
MAX_DAYS = 366 * 130
MAX_BUCKETS = 4_000
MAX_TEXT = 255


class Compare(StrEnum):
    """Against which other period."""

    NONE = "none"
    PREVIOUS = "previous"
    YEAR = "year"
    CUSTOM = "custom"


class Op(StrEnum):
    """How a filter compares a dimension with its values."""

    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    NOT_IN = "not_in"
    GTE = "gte"
    LT = "lt"
    CONTAINS = "contains"
    IS_SET = "is_set"


class Span(StrEnum):
    """What kind of stretch the period is: the comparison's own stretch depends on it."""

    DAYS = "days"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    HOURS = "hours"
    """The last 24 hours, whatever the days."""


@dataclass(frozen=True)
class Filter:
    """Keep facts whose dimension compares so with the values; '' means not set."""

    dimension: str
    op: Op
    values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        wanted = {Op.IS_SET: (0, 1), Op.IN: (1, MAX_VALUES), Op.NOT_IN: (1, MAX_VALUES)}
        low, high = wanted.get(self.op, (1, 1))
        if not low <= len(self.values) <= high:
            many = "one value" if high == 1 else f"{low} to {high} values"
            raise BadQuery(f"filter {self.op} takes {many}", field="filters")
        if self.op is Op.IS_SET and self.values not in {(), ("true",), ("false",)}:
            raise BadQuery("filter is_set takes true, false or nothing", field="filters")
        if not all(_is_text(value) for value in self.values):
            raise BadQuery(f"a value is text of at most {MAX_TEXT} characters", field="filters")


@dataclass(frozen=True)
class Order:
    """Sort by a metric, a dimension, or the grain's own name."""

    by: str
    descending: bool = False


@dataclass(frozen=True)
class Query:
    """
    One question to the catalog. Equal questions have equal answers; it is part of the cache key.

    Raises:
        BadQuery: it cannot be answered; the reason names what does not fit what.
    """

    metrics: tuple[str, ...]
    period: Period
    dimensions: tuple[str, ...] = ()
    grain: Grain = Grain.NONE
    compare: Compare = Compare.NONE
    match_weekday: bool = False
    filters: tuple[Filter, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int = 1000
    currency: str = ""
    """ISO code; '' is the client's own."""
    span: Span = Span.DAYS
    compared: Period | None = None
    """With compare custom: the other period."""

    def __post_init__(self) -> None:
        self._check_size()
        self._check_keys()
        self._check_dimensions()
        self._check_grain()

    def _check_size(self) -> None:
        for name, items, most in (
            ("metrics", self.metrics, MAX_METRICS),
            ("dimensions", self.dimensions, MAX_DIMENSIONS),
            ("filters", self.filters, MAX_FILTERS),
        ):
            if len(items) > most:
                raise BadQuery(f"at most {most} {name}", field=name)
            if len(set(items)) < len(items):
                raise BadQuery(f"{name} must be different", field=name)
        if not self.metrics:
            raise BadQuery("name at least one metric", field="metrics")
        if not 1 <= self.limit <= MAX_LIMIT:
            raise BadQuery(f"limit is 1 to {MAX_LIMIT}", field="limit")
        if self.period.days > MAX_DAYS:
            raise BadQuery(f"a period has at most {MAX_DAYS} days", field="period")

    def _check_keys(self) -> None:
        for key in self.metrics:
            if key not in METRICS:
                raise BadQuery(f"no metric named {key[:80]}", field="metrics")
        for key in (*self.dimensions, *(f.dimension for f in self.filters)):
            if key not in DIMENSION:
                raise BadQuery(f"no dimension named {key[:80]}", field="dimensions")
        sortable = {*self.metrics, *self.dimensions, self.grain.value}
        for order in self.order:
            if order.by not in sortable:
                raise BadQuery(
                    f"cannot order by {order.by[:80]}: it is not asked for", field="order"
                )

    def _check_dimensions(self) -> None:
        for metric in self.asked:
            for name in self.dimensions:
                if name not in metric.dimensions:
                    reason = f"metric {metric.key} has no dimension {name}"
                    raise BadQuery(reason, field="dimensions")
            for one in self.filters:
                if one.dimension not in metric.dimensions:
                    reason = f"metric {metric.key} cannot be filtered by {one.dimension}"
                    raise BadQuery(reason, field="filters")
        if any(f.dimension == CURRENCY for f in self.filters):
            raise BadQuery("choose the currency by `currency`, not by a filter", field="filters")

    def _check_grain(self) -> None:
        for metric in self.asked:
            if self.grain not in metric.grains:
                raise BadQuery(f"metric {metric.key} has no grain {self.grain}", field="grain")
        if self.grain is Grain.HOUR and self.period.days > MAX_HOUR_DAYS:
            raise BadQuery(f"grain hour takes at most {MAX_HOUR_DAYS} days", field="grain")
        if self.grain is Grain.DAY and self.period.days > MAX_BUCKETS:
            raise BadQuery(f"grain day takes at most {MAX_BUCKETS} days", field="grain")
        if (self.compare is Compare.CUSTOM) != (self.compared is not None):
            raise BadQuery("compare custom needs the other period", field="compare")

    @property
    def asked(self) -> tuple[Metric, ...]:
        """The metrics themselves."""
        return tuple(METRICS[key] for key in self.metrics)


def _is_text(value: str) -> bool:
    """Whether PostgreSQL can hold it: no NUL, no half of a character."""
    is_whole = value.encode(errors="ignore").decode() == value
    return len(value) <= MAX_TEXT and is_whole and "\x00" not in value
