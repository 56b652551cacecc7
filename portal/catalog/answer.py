"""The one way to ask: questions in, results out, in as few statements as they share."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portal.catalog import compiler, distinct
from portal.catalog.asking import Asking, Statement, asking_for
from portal.catalog.assembly import Grid, assemble
from portal.catalog.compare import sides_of
from portal.catalog.compiler import Shape
from portal.catalog.family import Measure
from portal.catalog.query import Query
from portal.catalog.result import Interval, Result
from portal.core.calendar import Calendar

OWN = {"metrics", "order", "limit"}
"""What questions may differ in and still be answered together."""


def answer(
    query: Query,
    calendar: Calendar,
    client_id: UUID,
    *,
    at: datetime | None = None,
    connection: sa.Connection | None = None,
) -> Result:
    """
    Answer one question for a client, inside `acting_as` that client.

    Args:
        query: the question.
        calendar: the client's days.
        client_id: whose numbers.
        at: the instant that counts as now.
        connection: default: the session's.
    """
    return answers([query], calendar, client_id, at=at, connection=connection)[0]


def answers(
    queries: Sequence[Query],
    calendar: Calendar,
    client_id: UUID,
    *,
    at: datetime | None = None,
    connection: sa.Connection | None = None,
) -> list[Result]:
    """Answer several: those that differ only in their metrics share their statements."""
    asking = asking_for(client_id, calendar, at=at, connection=connection)
    alike: dict[tuple[Any, ...], list[Query]] = {}
    for query in queries:
        alike.setdefault(_shared(query), []).append(query)
    found: dict[Query, Result] = {}
    for group in alike.values():
        found |= _together(asking, group)
    return [found[query] for query in queries]


def _shared(query: Query) -> tuple[Any, ...]:
    """Give what questions must have in common to be answered by one statement."""
    return tuple(value for name, value in vars(query).items() if name not in OWN)


def _together(asking: Asking, group: Sequence[Query]) -> dict[Query, Result]:
    query = group[0]
    sides = tuple(side for side in sides_of(query, asking.calendar, asking.now) if side)
    shape = Shape(
        asking.client_id,
        asking.calendar,
        asking.now,
        query.grain,
        query.dimensions,
        query.filters,
        sides,
    )
    asked = [metric for one in group for metric in one.asked]
    measures = list({m.key: m for metric in asked for m in metric.measures}.values())
    grid = _read(asking, shape, measures, query.currency or asking.calendar.currency)
    as_of = _as_of(asking, shape)
    made = {}
    for one in group:
        rows, total, is_truncated = assemble(one, shape, grid)
        made[one] = Result(
            query=one,
            rows=rows,
            total=total,
            is_truncated=is_truncated,
            buckets=sides[0].buckets,
            interval=Interval(sides[0].starts_at, sides[0].ends_at),
            compared=Interval(sides[1].starts_at, sides[1].ends_at) if sides[1:] else None,
            compared_buckets=sides[1].buckets if sides[1:] else (),
            currency=grid.currency,
            other_currencies=grid.others_of(one),
            zone=asking.calendar.zone,
            as_of=as_of,
        )
    return made


def _read(asking: Asking, shape: Shape, measures: Sequence[Measure], currency: str) -> Grid:
    grid = Grid(shape, currency)
    if compiler.flows(measures):
        for row in asking.fetch(compiler.additive(shape, measures)):
            grid.add(row)
    grid.accumulate([m for m in measures if m.entries])
    for group in distinct.groups_of(measures):
        keys = [m.key for m in group]
        width = len(shape.plain)
        for side, bucket, *rest in asking.fetch(distinct.counted(shape, group)):
            values = {key: _number(v) for key, v in zip(keys, rest[width:], strict=True)}
            grid.put(side, bucket, tuple(rest[:width]), values)
    return grid


def _number(value: Any) -> Decimal | None:
    """A percentile beyond what was answered comes as infinite, or as nothing."""
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return None
    return Decimal(str(value))


def _as_of(asking: Asking, shape: Shape) -> datetime:
    """Say up to when facts are counted: now, if any was read; else when days were rolled up."""
    whole = shape.sides[0].whole
    if shape.sides[0].parts or whole is None:
        return asking.now
    statement = Statement(
        "SELECT max(rolled_at) FROM rollup_days"
        " WHERE client_id = :client AND day >= :start AND day < :end",
        {"client": asking.client_id, "start": whole.start, "end": whole.end},
    )
    rolled_at = asking.fetch(statement)[0][0]
    return asking.now if rolled_at is None else min(rolled_at, asking.now)
