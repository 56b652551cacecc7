"""The body of a question, read strictly: what does not fit is named, never guessed."""

from datetime import date
from typing import Any

import msgspec

from portal.catalog.presets import preset
from portal.catalog.query import Compare, Filter, Op, Order, Query, Span
from portal.catalog.reach import reach_of
from portal.catalog.rows import RowsQuery
from portal.core.calendar import Calendar, Grain, Period
from portal.core.errors import BadQuery, BadRequest, Refused

MOST_BYTES = 64_000
Value = str | bool | None


class Days(msgspec.Struct, forbid_unknown_fields=True):
    """Half-open local days, or a named period."""

    from_: date | None = msgspec.field(default=None, name="from")
    to: date | None = None
    preset: str = ""


class FilterBody(msgspec.Struct, forbid_unknown_fields=True):
    """One condition on a dimension."""

    dimension: str
    op: Op
    values: list[Value] = []


class OrderBody(msgspec.Struct, forbid_unknown_fields=True):
    """One thing to sort by."""

    by: str
    descending: bool = False


class QueryBody(msgspec.Struct, forbid_unknown_fields=True):
    """A question to the catalog."""

    metrics: list[str]
    period: Days
    dimensions: list[str] = []
    grain: Grain = Grain.NONE
    compare: Compare = Compare.NONE
    compare_period: Days | None = None
    match: str = ""
    """weekday: line up weekdays."""
    filters: list[FilterBody] = []
    order: list[OrderBody] = []
    limit: int = 1000
    currency: str = ""
    as_: str = msgspec.field(default="live", name="as")


class RowsBody(msgspec.Struct, forbid_unknown_fields=True):
    """Which figure's facts."""

    metric: str
    period: Days
    filters: list[FilterBody] = []
    part: str = "numerator"
    limit: int = 50
    cursor: str = ""
    currency: str = ""


_query = msgspec.json.Decoder(QueryBody)
_rows = msgspec.json.Decoder(RowsBody)


def query_of(body: bytes, calendar: Calendar, client_id: Any) -> Query:
    """
    Read a question.

    Raises:
        BadRequest: it is no JSON.
        Refused: it is no question; the text names what is wrong.
    """
    asked = _decoded(_query, body)
    if asked.as_ != "live":
        raise BadQuery("`as` is live", field="as")
    if asked.match not in {"", "weekday"}:
        raise BadQuery("`match` is weekday", field="match")
    period, span = _period(asked.period, calendar, client_id)
    compared = None
    if asked.compare_period is not None:
        compared, _ = _period(asked.compare_period, calendar, client_id)
    return Query(
        metrics=tuple(asked.metrics),
        period=period,
        dimensions=tuple(asked.dimensions),
        grain=asked.grain,
        compare=asked.compare,
        match_weekday=asked.match == "weekday",
        filters=tuple(_filter(one) for one in asked.filters),
        order=tuple(Order(one.by, one.descending) for one in asked.order),
        limit=asked.limit,
        currency=_currency(asked.currency),
        span=span,
        compared=compared,
    )


def rows_query_of(body: bytes, calendar: Calendar, client_id: Any) -> RowsQuery:
    """
    Read which figure's facts are asked for.

    Raises:
        BadRequest: it is no JSON.
        Refused: it is no question; the text names what is wrong.
    """
    asked = _decoded(_rows, body)
    period, span = _period(asked.period, calendar, client_id)
    of = Query(
        metrics=(asked.metric,),
        period=period,
        filters=tuple(_filter(one) for one in asked.filters),
        currency=_currency(asked.currency),
        span=span,
    )
    return RowsQuery(of, asked.part, asked.limit, asked.cursor)


def _decoded(decoder: Any, body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        at = str(error).partition(" - at `$")[2]
        raise Refused(str(error).replace("`$.", "`"), field=at.strip("`.") or None) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest("The body is not JSON in UTF-8.") from error


def _period(days: Days, calendar: Calendar, client_id: Any) -> tuple[Period, Span]:
    if days.preset:
        if days.from_ or days.to:
            raise BadQuery("a period has a preset, or from and to", field="period")
        found = preset(days.preset)
        first = reach_of(client_id).first if days.preset == "all" else None
        return found.of(calendar, first), found.span
    if days.from_ is None or days.to is None:
        raise BadQuery("a period has from and to, or a preset", field="period")
    if days.from_ >= days.to:
        raise BadQuery("a period's from lies before its to", field="period")
    if days.from_.year < 1900 or days.to.year > 2200:  # noqa: PLR2004 - the contract's own bounds
        raise BadQuery("a period lies between 1900 and 2200", field="period")
    return Period(days.from_, days.to), Span.DAYS


def _filter(one: FilterBody) -> Filter:
    return Filter(one.dimension, one.op, tuple(_value(one, value) for value in one.values))


def _value(one: FilterBody, value: Value) -> str:
    if isinstance(value, bool):
        if one.op is not Op.IS_SET:
            raise BadQuery(f"dimension {one.dimension} has text values", field="filters")
        return "true" if value else "false"
    return value or ""


def _currency(code: str) -> str:
    if code and not (len(code) == 3 and code.isascii() and code.isupper()):  # noqa: PLR2004
        raise BadQuery("currency is a code of three capital letters", field="currency")
    return code
