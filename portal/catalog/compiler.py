"""
Query in, SQL out: the additive measures, from rollups, and from facts what rollups do not hold.

Each side of a comparison, each part of a day and each source is one branch of one UNION ALL, so a
question costs one statement whatever it covers. Keys are looked up in registries, values are binds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from portal.catalog import passes
from portal.catalog.asking import Statement
from portal.catalog.compare import Part, Side
from portal.catalog.family import MEASURES, Aggregate, Measure
from portal.catalog.metric import CURRENCY
from portal.catalog.query import Filter, Op
from portal.core.calendar import Calendar, Grain, Period

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Shape:
    """What all measures of a question share."""

    client_id: UUID
    calendar: Calendar
    now: datetime
    grain: Grain
    dimensions: tuple[str, ...]
    filters: tuple[Filter, ...]
    sides: tuple[Side, ...]

    @property
    def plain(self) -> tuple[str, ...]:
        """The dimensions that are columns of a rollup."""
        return tuple(name for name in self.dimensions if name != CURRENCY)

    @property
    def needed(self) -> frozenset[str]:
        """What a source must know: to group by, and to filter by."""
        return frozenset(self.plain) | {one.dimension for one in self.filters}


def flows(measures: Iterable[Measure]) -> list[Measure]:
    """List the additive measures that must be read: states are running sums of two."""
    found: dict[str, Measure] = {}
    for measure in measures:
        if measure.aggregate is Aggregate.STATE:
            for key in (measure.entries, measure.exits):
                found[key] = MEASURES[key]
        elif measure.aggregate.is_stored:
            found[measure.key] = measure
    return list(found.values())


def additive(shape: Shape, measures: Sequence[Measure]) -> Statement:
    """
    Write the statement for all additive measures of a question.

    It yields side, is_part, bucket (from 1; 0: before the first), measure, currency, the
    dimensions, value.
    """
    made = Statement(binds={"client": shape.client_id, "now": shape.now})
    for number, one in enumerate(shape.filters):
        made.binds[f"f{number}"] = value_of(one)
    running = {
        key for m in measures if m.aggregate is Aggregate.STATE for key in (m.entries, m.exits)
    }
    branches: list[str] = []
    for number, side in enumerate(shape.sides):
        branches += Branches(shape, side, number, made).of(flows(measures), running)
    names = "".join(f", {name}" for name in shape.plain)
    groups = ", ".join(str(n + 1) for n in range(5 + len(shape.plain)))
    columns = f"side, is_part, bucket, measure, currency{names}"
    made.sql = (
        f"SELECT {columns}, sum(value) FROM ({' UNION ALL '.join(branches)}) b({columns}, value)"
        f" GROUP BY {groups}"
    )
    return made


def value_of(one: Filter) -> str | list[str]:
    """Give the bind of a filter."""
    many = one.op in {Op.IS, Op.IS_NOT, Op.IN, Op.NOT_IN}
    return list(one.values) if many else "".join(one.values)


def condition(number: int, one: Filter, expression: str) -> str:
    """Write one filter over a text expression."""
    name = f":f{number}"
    if one.op in {Op.IS, Op.IN}:
        return f"{expression} = ANY(CAST({name} AS text[]))"
    if one.op in {Op.IS_NOT, Op.NOT_IN}:
        return f"NOT {expression} = ANY(CAST({name} AS text[]))"
    if one.op is Op.CONTAINS:
        return f"position(lower(CAST({name} AS text)) IN lower({expression})) > 0"
    if one.op is Op.IS_SET:
        return f"({expression} <> '') = (CAST({name} AS text) <> 'false')"
    sign = ">=" if one.op is Op.GTE else "<"
    return f'{expression} COLLATE "C" {sign} CAST({name} AS text)'


class Branches:
    """The branches of one side: each reads one source, all yield the same columns."""

    def __init__(self, shape: Shape, side: Side, number: int, statement: Statement) -> None:
        self.shape = shape
        self.side = side
        self.number = number
        self.binds = statement.binds
        self.binds[f"edges{number}"] = side.edges

    def of(self, measures: Sequence[Measure], running: set[str]) -> list[str]:
        """List the branches for `measures`, of which those in `running` start from the past."""
        by_family: dict[str, list[Measure]] = {}
        for measure in measures:
            by_family.setdefault(measure.family.key, []).append(measure)
        kept = [m for m in measures if self.shape.needed <= set(m.family.kept)]
        made = [self._rollups(kept)] if self.side.whole and kept else []
        for group in by_family.values():
            made += self._facts(group, is_kept=group[0] in kept)
        if running:
            made += self._openings([m for m in measures if m.key in running])
        # A side of no time at all: nothing, but in the same columns.
        return made or [self._rollups(list(measures), Period(date.min, date.min + DAY))]

    def _rollups(self, measures: Sequence[Measure], period: Period | None = None) -> str:
        n, by_hour = self.number, self.shape.grain is Grain.HOUR
        days = period or self.side.whole
        assert days is not None
        self.binds |= {f"from{n}": days.start, f"to{n}": days.end}
        self.binds[f"measures{n}"] = sorted({m.key for m in measures})
        table = "rollup_hours" if by_hour else "rollups"
        bucket = self._bucket("r.hour_at" if by_hour else "r.day")
        where = [condition(i, one, f"r.{one.dimension}") for i, one in self._filters()]
        where += [self._unless(m, "r") for m in measures if m.unless]
        return (
            f"SELECT {n}, false, {bucket}, r.measure, r.currency"
            + "".join(f", r.{name}" for name in self.shape.plain)
            + f", r.value FROM {table} r WHERE r.client_id = :client"
            f" AND r.measure = ANY(CAST(:measures{n} AS text[]))"
            f" AND r.day >= :from{n} AND r.day < :to{n}" + passes.conditions(*where)
        )

    def _openings(self, measures: Sequence[Measure]) -> list[str]:
        """Read all that went in and out before the first bucket."""
        n, first = self.number, self.side.period.start
        self.binds |= {f"first{n}": first, f"running{n}": sorted(m.key for m in measures)}
        where = [condition(i, one, f"r.{one.dimension}") for i, one in self._filters()]
        made = (
            f"SELECT {n}, false, 0, r.measure, r.currency"
            + "".join(f", r.{name}" for name in self.shape.plain)
            + ", r.value FROM rollups r WHERE r.client_id = :client"
            f" AND r.measure = ANY(CAST(:running{n} AS text[])) AND r.day < :first{n}"
            + passes.conditions(*where)
        )
        begins = self.shape.calendar.start_of(first)
        if self.side.starts_at <= begins:
            return [made]
        lead_in = [Part(first, begins, self.side.starts_at)]
        return [made, *(self._pass([m], lead_in, bucket="0") for m in measures)]

    def _facts(self, group: list[Measure], *, is_kept: bool) -> list[str]:
        family = group[0].family
        made: list[str] = []
        if family.local_day:
            return made
        if self.side.whole and not is_kept:
            made.append(self._pass(group, self._stretches(self.side.whole), is_part=False))
        if self.side.parts:
            made.append(self._pass(group, self._by_hour(self.side.parts)))
        return made

    def _pass(
        self,
        group: Sequence[Measure],
        parts: Sequence[Part],
        *,
        is_part: bool = True,
        bucket: str = "",
    ) -> str:
        """Read facts of one family in the given intervals."""
        family, by_hour = group[0].family, self.shape.grain is Grain.HOUR
        where = [condition(i, o, family.dimensions[o.dimension]) for i, o in self._filters()]
        unless = [self._unless(m, "p") for m in group if m.unless]
        used = tuple(self.shape.plain) + (("kind",) if unless else ())
        sql = passes.select(
            family,
            hourly=by_hour,
            dimensions=tuple(dict.fromkeys(used)),
            measures=group,
            where=" AND ".join(["f.client_id = :client", *where]),
        )
        at = bucket or self._bucket("p.hour_at" if by_hour else "p.day")
        return (
            f"SELECT {self.number}, {str(is_part).lower()}, {at}, p.measure, p.currency"
            + "".join(f", p.{name}" for name in self.shape.plain)
            + f", p.value FROM ({self._bound(sql, parts)}) p"
            + passes.conditions(*unless, keyword="WHERE")
        )

    def _bound(self, sql: str, parts: Sequence[Part]) -> str:
        """Give this pass binds of its own."""
        mark = f"{len(self.binds)}"
        values = {
            "clients": [self.shape.client_id] * len(parts),
            "days": [part.day for part in parts],
            "starts": [part.starts_at for part in parts],
            "ends": [part.ends_at for part in parts],
        }
        for name, value in values.items():
            self.binds[f"{name}_{mark}"] = value
            sql = sql.replace(f":{name} ", f":{name}_{mark} ")
        return sql

    def _stretches(self, whole: Period) -> list[Part]:
        """The whole days of each bucket as one interval; by hour, each hour."""
        if self.shape.grain is Grain.HOUR:
            start_of = self.shape.calendar.start_of
            return self._by_hour([Part(d, start_of(d), start_of(d + DAY)) for d in whole])
        days = (edge for edge in self.side.edges if not isinstance(edge, datetime))
        starts = sorted({whole.start, *(d for d in days if whole.start <= d < whole.end)})
        ends = [*starts[1:], whole.end]
        return [
            Part(a, *self.shape.calendar.instants(Period(a, b)))
            for a, b in zip(starts, ends, strict=True)
        ]

    def _by_hour(self, parts: Sequence[Part]) -> list[Part]:
        if self.shape.grain is not Grain.HOUR:
            return list(parts)
        return [
            Part(part.day, max(start, part.starts_at), min(end, part.ends_at))
            for part in parts
            for start, end in passes.hours_of(self.shape.calendar, part.day)
            if end > part.starts_at and start < part.ends_at
        ]

    def _bucket(self, column: str) -> str:
        kind = "timestamptz" if self.shape.grain is Grain.HOUR else "date"
        return f"width_bucket({column}, CAST(:edges{self.number} AS {kind}[]))"

    def _filters(self) -> list[tuple[int, Filter]]:
        return list(enumerate(self.shape.filters))

    def _unless(self, measure: Measure, alias: str) -> str:
        """Drop a measure's rows in the months for which another measure has rows of that kind."""
        month = f"date_trunc('month', CAST({alias}.day AS timestamp))"
        return (
            f"({alias}.measure <> '{measure.key}' OR NOT EXISTS (SELECT 1 FROM rollups u"
            f" WHERE u.client_id = :client AND u.measure = '{measure.unless}'"
            f" AND u.kind = {alias}.kind AND u.day >= CAST({month} AS date)"
            f" AND u.day < CAST({month} + interval '1 month' AS date)))"
        )
