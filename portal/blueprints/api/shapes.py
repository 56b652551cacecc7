"""A catalog result as the API and exports write it: columns, rows, money, instants."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from portal.catalog.compare import Bucket
from portal.catalog.metric import Metric
from portal.catalog.query import Query
from portal.catalog.result import Interval, Result, Row
from portal.catalog.subjects import METRICS
from portal.core.calendar import Calendar, Grain
from portal.core.units import Unit

WHOLE = {"additive", "state", "distinct"}


def figure(metric: Metric, value: Decimal | None, currency: str) -> Any:
    """Write one value: a whole count, money with its currency, a decimal, or null."""
    if value is None:
        return None
    if metric.unit is Unit.MONEY:
        minor = int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))
        return {"minor": minor, "currency": currency}
    if metric.additivity in WHOLE and value == value.to_integral_value():
        return int(value)
    return float(value)


def instant(at: datetime) -> str:
    """Write an instant in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def told(result: Result, calendar: Calendar) -> dict[str, Any]:
    """Write the whole answer."""
    query = result.query
    answer: dict[str, Any] = {
        "columns": columns(query),
        "rows": [_row(result, row, calendar) for row in result.rows],
        "truncated": result.is_truncated,
        "totals": _totals(result, before=False),
        "buckets": [_bucket(bucket, calendar) for bucket in result.buckets],
        "other_currencies": list(result.other_currencies),
        "time_zone": result.zone,
        "interval": _interval(result.interval),
        "as_of": instant(result.as_of),
    }
    if result.compared is not None:
        answer["comparison"] = {
            "totals": _totals(result, before=True),
            "interval": _interval(result.compared),
        }
    return answer


def columns(query: Query) -> list[dict[str, str]]:
    """Name the columns of the rows, in order."""
    made: list[dict[str, str]] = []
    if query.grain is not Grain.NONE:
        made.append({"key": query.grain.value, "kind": "time"})
    made += [{"key": key, "kind": "dimension"} for key in query.dimensions]
    for key in query.metrics:
        made.append({"key": key, "kind": "metric", "unit": METRICS[key].unit.value})
        if query.compare != "none":
            made.append({"key": key, "kind": "before"})
    return made


def _row(result: Result, row: Row, calendar: Calendar) -> list[Any]:
    query, currency = result.query, result.currency_of(row)
    made: list[Any] = []
    if query.grain is not Grain.NONE:
        made.append(None if row.at is None else _time(row.at, calendar))
    made += row.dimensions
    for metric in query.asked:
        made.append(figure(metric, row[metric.key], currency))
        if query.compare != "none":
            made.append(figure(metric, row.before(metric.key), currency))
    return made


def _totals(result: Result, *, before: bool) -> dict[str, Any]:
    total = result.total
    return {
        metric.key: figure(
            metric, total.before(metric.key) if before else total[metric.key], result.currency
        )
        for metric in result.query.asked
    }


def _bucket(bucket: Bucket, calendar: Calendar) -> dict[str, Any]:
    return {"from": _time(bucket.start, calendar), "complete": bucket.is_complete}


def _time(at: date | datetime, calendar: Calendar) -> str:
    """Write a local day, or an hour with the client's own offset."""
    return calendar.local(at).isoformat() if isinstance(at, datetime) else at.isoformat()


def _interval(interval: Interval) -> dict[str, str]:
    return {"from": instant(interval.starts_at), "to": instant(interval.ends_at)}


def metric_item(metric: Metric) -> dict[str, Any]:
    """Describe a metric."""
    numerator, denominator = metric.parts
    return {
        "key": metric.key,
        "label": metric.label,
        "unit": metric.unit.value,
        "better": metric.better.value,
        "additivity": metric.additivity,
        "grains": [grain.value for grain in metric.grains],
        "dimensions": list(metric.dimensions),
        "definition": metric.definition,
        "formula": metric.formula.text(),
        "numerator": numerator.text(),
        "denominator": denominator.text() if denominator else None,
        "null_rule": metric.null_rule,
        "version": metric.version,
        "documents": list(metric.documents),
    }


def metric_items(metrics: Sequence[Metric]) -> list[dict[str, Any]]:
    """Describe metrics, in the order of their keys."""
    return [metric_item(metric) for metric in sorted(metrics, key=lambda m: m.key)]
