"""
The facts behind a figure: one row a fact, whose values add up to it.

Of a ratio either part can be opened. Of a distinct count each different value is a row, of a
percentile each measured fact, of a state each lead that is inside at the end.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from babel.numbers import get_currency_precision

from portal.catalog import passes
from portal.catalog.asking import Asking, Statement, asking_for
from portal.catalog.compare import Side, sides_of
from portal.catalog.compiler import condition, value_of
from portal.catalog.family import MEASURES, Aggregate, Family, Kind, Measure
from portal.catalog.formula import Formula
from portal.catalog.query import Query
from portal.catalog.result import in_minor
from portal.core.calendar import Calendar
from portal.core.errors import BadQuery

MAX_LIMIT = 1000
PARTS = ("numerator", "denominator")


@dataclass(frozen=True)
class RowsQuery:
    """
    Which figure, and which page of what is behind it.

    `of` asks for one metric, without dimensions: period and filters say which figure is meant.
    """

    of: Query
    part: str = "numerator"
    limit: int = 50
    cursor: str = ""

    def __post_init__(self) -> None:
        if len(self.of.metrics) != 1 or self.of.dimensions:
            raise BadQuery("rows are of one metric, without dimensions", field="metric")
        if self.part not in PARTS:
            raise BadQuery(f"part is {' or '.join(PARTS)}", field="part")
        if not 1 <= self.limit <= MAX_LIMIT:
            raise BadQuery(f"limit is 1 to {MAX_LIMIT}", field="limit")
        if self.part == "denominator" and self.of.asked[0].parts[1] is None:
            raise BadQuery(f"metric {self.of.metrics[0]} has no denominator", field="part")

    @property
    def formula(self) -> Formula:
        """The side of the formula that is opened."""
        numerator, denominator = self.of.asked[0].parts
        return denominator if self.part == "denominator" and denominator else numerator


@dataclass(frozen=True)
class FactRow:
    """One fact and what it adds to the figure; money in minor units."""

    at: datetime
    fact: str
    external_id: str
    title: str
    lead_id: UUID | None
    measure: str
    value: Decimal | None
    currency: str
    dimensions: Mapping[str, str]
    key: str


@dataclass(frozen=True)
class Rows:
    """One page, newest first; `count` and `total` are of all pages."""

    items: tuple[FactRow, ...]
    next: str
    """Cursor of the next page, '' on the last."""
    count: int
    total: Decimal


def rows(
    question: RowsQuery, calendar: Calendar, client_id: UUID, *, at: datetime | None = None
) -> Rows:
    """List the facts behind a figure; inside `acting_as`."""
    asking = asking_for(client_id, calendar, at=at)
    side, _ = sides_of(question.of, calendar, asking.now)
    statement = _all(asking, question, side)
    sums = asking.fetch(
        Statement(
            f"SELECT measure, currency, count(*), sum(value) FROM ({statement.sql}) a"
            " GROUP BY 1, 2",
            statement.binds,
        )
    )
    page = asking.fetch(_page(question, statement))
    items = tuple(_item(row) for row in page[: question.limit])
    more = len(page) > question.limit
    return Rows(
        items,
        _cursor(items[-1]) if more else "",
        sum(row[2] for row in sums),
        sum((_minor(row[0], row[1], row[3]) or Decimal(0) for row in sums), Decimal(0)),
    )


def _page(question: RowsQuery, statement: Statement) -> Statement:
    after = ""
    binds = dict(statement.binds) | {"most": question.limit + 1}
    if question.cursor:
        after = " WHERE (at, key) < (CAST(:after_at AS timestamptz), :after_key)"
        binds["after_at"], binds["after_key"] = _read_cursor(question.cursor)
    sql = f"SELECT * FROM ({statement.sql}) a{after} ORDER BY at DESC, key DESC LIMIT :most"
    return Statement(sql, binds)


def _all(asking: Asking, question: RowsQuery, side: Side) -> Statement:
    """Write the union of what each measure of the formula counts."""
    terms = question.formula.terms()
    keys = terms or dict.fromkeys(question.formula.measure_keys(), 1)
    after, end = side.period.end, side.ends_at
    if side.cuts_days and question.of.asked[0].is_day_dated:
        # As the figure does: what a whole day dates leaves the open day of a comparison out.
        after = side.whole.end if side.whole else side.period.start
        end = asking.calendar.start_of(after)
    made = Statement(
        binds={
            "client": asking.client_id,
            "zone": asking.calendar.zone,
            "now": asking.now,
            "start": side.starts_at,
            "end": end,
            "first": side.period.start,
            "after": after,
            "currency": question.of.currency or asking.calendar.currency,
        }
    )
    made.binds |= {f"f{n}": value_of(one) for n, one in enumerate(question.of.filters)}
    selects = [_select(question, MEASURES[key], sign) for key, sign in keys.items()]
    for measure in (MEASURES[key] for key in keys):
        if measure.window_days:
            made.binds["start"] = _window_start(asking, side, measure)
            made.binds["end"] = min(side.ends_at, asking.now)
    made.sql = " UNION ALL ".join(selects)
    return made


def _window_start(asking: Asking, side: Side, measure: Measure) -> datetime:
    last = min(side.period.last, asking.calendar.today(asking.now))
    return asking.calendar.start_of(last - timedelta(days=measure.window_days - 1))


def _select(question: RowsQuery, measure: Measure, sign: int) -> str:
    family, who = measure.family, measure.family.identity
    filters = list(enumerate(question.of.filters))
    where = [condition(n, one, family.dimensions[one.dimension]) for n, one in filters]
    where += [part for part in (family.where, measure.where) if part]
    if measure.kind.has_currency:
        where.append(f"{family.currency} = :currency")
    if measure.unless:
        where.append(_unless(measure))
    dimensions = ", ".join(f"'{name}', {sql}" for name, sql in family.dimensions.items())
    columns = [
        f"{who.at or family.instant} AS at",
        f"{_fact(family)} AS fact",
        f"{who.external_id} AS external_id",
        f"{who.title} AS title",
        f"{who.lead} AS lead_id",
        f"'{measure.key}' AS measure",
        f"{_value(measure, sign)} AS value",
        f"{family.currency if measure.kind.has_currency else _EMPTY} AS currency",
        f"CAST(jsonb_build_object({dimensions}) AS text) AS dimensions",
        f"'{measure.key}:' || {who.id} AS key",
    ]
    if measure.aggregate is Aggregate.DISTINCT:
        columns[0], columns[-1] = f"max({columns[0][:-6]}) AS at", f"{measure.value_sql} AS key"
        columns = _grouped(measure, columns)
    source = passes.relation(family, [*columns, *where])
    group = f" GROUP BY {measure.value_sql}" if measure.aggregate is Aggregate.DISTINCT else ""
    return (
        f"SELECT {', '.join(columns)} FROM {source} WHERE f.client_id = :client"
        f" AND {_bounds(measure)}" + passes.conditions(*where) + group
    )


_EMPTY = "''"


def _grouped(measure: Measure, columns: list[str]) -> list[str]:
    """One row a different value: what else is said of it is its latest fact's."""
    value = measure.value_sql
    at = columns[0]
    return [
        at,
        f"'{measure.key}' AS fact",
        f"{value} AS external_id",
        f"{value} AS title",
        "CAST(NULL AS uuid) AS lead_id",
        f"'{measure.key}' AS measure",
        f"CAST(CASE WHEN {value} IS NULL THEN 0 ELSE 1 END AS numeric) AS value",
        "'' AS currency",
        "'{}' AS dimensions",
        f"coalesce({value}, '') AS key",
    ]


def _fact(family: Family) -> str:
    """The kind of fact: a constant, or an expression where a family has several."""
    return family.identity.fact if "." in family.identity.fact else f"'{family.identity.fact}'"


def _value(measure: Measure, sign: int) -> str:
    factor = "-" if sign < 0 else ""
    if measure.aggregate in {Aggregate.COUNT, Aggregate.STATE}:
        return f"CAST({factor}1 AS numeric)"
    return f"CAST({factor}({measure.value_sql}) AS numeric)"


def _bounds(measure: Measure) -> str:
    family = measure.family
    if measure.aggregate is Aggregate.STATE:
        return "f.from_at < :end AND (f.to_at IS NULL OR f.to_at >= :end)"
    if family.local_day:
        return f"{family.local_day} >= :first AND {family.local_day} < :after"
    return f"{family.instant} >= :start AND {family.instant} < :end"


def _unless(measure: Measure) -> str:
    """Leave out the months that a bill covers; months are the client's own, so by its zone."""
    month = f"date_trunc('month', {measure.family.instant} AT TIME ZONE CAST(:zone AS text))"
    return (
        "NOT EXISTS (SELECT 1 FROM rollups u WHERE u.client_id = :client"
        f" AND u.measure = '{measure.unless}' AND u.kind = {measure.family.dimensions['kind']}"
        f" AND u.day >= CAST({month} AS date)"
        f" AND u.day < CAST({month} + interval '1 month' AS date))"
    )


def _item(row: tuple[Any, ...]) -> FactRow:
    at, fact, external_id, title, lead_id, measure, value, currency, dimensions, key = row
    return FactRow(
        at,
        fact,
        external_id,
        title,
        lead_id,
        measure,
        _minor(measure, currency, value),
        currency,
        msgspec.json.decode(dimensions, type=dict[str, str]),
        key,
    )


def _minor(measure: str, currency: str, value: Decimal | None) -> Decimal | None:
    kind = MEASURES[measure].kind
    if value is None or kind is not Kind.MICROS:
        return value
    return in_minor(kind, value, get_currency_precision(currency))


def _cursor(item: FactRow) -> str:
    text = f"{item.at.astimezone(UTC).isoformat()} {item.key}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        at, _, key = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        return datetime.fromisoformat(at), key.replace("\x00", "")
    except ValueError as error:
        raise BadQuery("this cursor is none of ours", field="cursor") from error
