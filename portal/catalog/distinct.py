"""
What does not add up: distinct counts and percentiles, read from facts over whole buckets.

The total is counted again over the whole stretch: one person on two days is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.catalog import passes
from portal.catalog.asking import Statement
from portal.catalog.compare import Bucket, Side
from portal.catalog.compiler import Shape, condition, value_of
from portal.catalog.family import Measure

WANTED = (
    "unnest(CAST(:sides AS int[]), CAST(:buckets AS int[]), CAST(:starts AS timestamptz[]),"
    " CAST(:ends AS timestamptz[])) AS w(side, bucket, starts_at, ends_at)"
)


@dataclass
class _Intervals:
    """Parallel arrays: one entry for each side and bucket; bucket 0 is the side's total."""

    sides: list[int] = field(default_factory=list)
    buckets: list[int] = field(default_factory=list)
    starts: list[datetime] = field(default_factory=list)
    ends: list[datetime] = field(default_factory=list)

    def add(self, side: int, bucket: int, starts_at: datetime, ends_at: datetime) -> None:
        """Add one."""
        self.sides.append(side)
        self.buckets.append(bucket)
        self.starts.append(starts_at)
        self.ends.append(ends_at)

    def binds(self) -> dict[str, list[int] | list[datetime]]:
        """Name the arrays as the statement does."""
        return {
            "sides": self.sides,
            "buckets": self.buckets,
            "starts": self.starts,
            "ends": self.ends,
        }


def groups_of(measures: Sequence[Measure]) -> list[list[Measure]]:
    """Group the measures that one statement can count: one family, one window."""
    found: dict[tuple[str, int], list[Measure]] = {}
    for measure in measures:
        if not measure.aggregate.is_stored and not measure.entries:
            found.setdefault((measure.family.key, measure.window_days), []).append(measure)
    return list(found.values())


def counted(shape: Shape, measures: Sequence[Measure]) -> Statement:
    """
    Write the statement for measures of one family and window.

    It yields side, bucket (0: the total), the dimensions, then a column a measure.
    """
    family = measures[0].family
    made = Statement(binds={"client": shape.client_id, "now": shape.now})
    made.binds |= _intervals(shape, measures[0].window_days).binds()
    for number, one in enumerate(shape.filters):
        made.binds[f"f{number}"] = value_of(one)
    where = [condition(i, o, family.dimensions[o.dimension]) for i, o in enumerate(shape.filters)]
    values = [passes.aggregate(m) for m in measures]
    groups = [family.dimensions[name] for name in shape.plain]
    source = (
        f" FROM {WANTED} {passes.within(family, [*groups, *values, *where], ':client')}"
        + passes.conditions(family.where, *where, keyword="WHERE")
    )
    columns = ", ".join(values)
    if not groups:
        made.sql = f"SELECT w.side, w.bucket, {columns}{source} GROUP BY 1, 2"
        return made
    filtered = " AND " if family.where or where else " WHERE "
    numbers = ", ".join(str(n + 1) for n in range(2 + len(groups)))
    made.sql = (
        f"SELECT w.side, w.bucket, {', '.join(groups)}, {columns}{source}"
        f"{filtered}w.bucket > 0 GROUP BY {numbers} UNION ALL"
        f" SELECT w.side, w.bucket, {', '.join(['NULL'] * len(groups))}, {columns}{source}"
        f"{filtered}w.bucket = 0 GROUP BY 1, 2"
    )
    return made


def _intervals(shape: Shape, window_days: int) -> _Intervals:
    made = _Intervals()
    for number, side in enumerate(shape.sides):
        begun = [bucket for bucket in side.buckets if bucket.starts_at <= shape.now]
        for position, bucket in enumerate(begun, start=1):
            made.add(number, position, *_window(shape, side, bucket, window_days))
        if begun and window_days:
            made.add(number, 0, *_window(shape, side, begun[-1], window_days))
        elif begun:
            made.add(number, 0, side.starts_at, side.ends_at)
    return made


def _window(
    shape: Shape, side: Side, bucket: Bucket, window_days: int
) -> tuple[datetime, datetime]:
    """Give the bucket itself, or the local days that end with its last one, or today."""
    if not window_days:
        return bucket.starts_at, bucket.ends_at
    last = bucket.last_day
    if side.starts_at <= shape.now < bucket.ends_at:
        last = min(last, shape.calendar.today(shape.now))
    start = shape.calendar.start_of(last - timedelta(days=window_days - 1))
    return start, min(bucket.ends_at, max(shape.now, start))
