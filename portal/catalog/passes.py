"""
The SELECT that counts a family: one statement, one pass, all its additive measures.

Binds, as parallel arrays with one entry for each (client, interval):
    :clients uuid[], :days date[], :starts timestamptz[], :ends timestamptz[]
and :now timestamptz, which tells a pending response from a missing one.

`rollups` writes whole days with it; `compiler` reads parts of days, and what rollups do not keep,
from facts. Hours: give one entry for each local hour (`hours_of`); it comes back as `hour_at`.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from portal.catalog.family import MEASURES, Aggregate, Family, Measure
from portal.core.calendar import Calendar
from portal.models.rollups import DIMENSIONS

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

WANTED = (
    "unnest(CAST(:clients AS uuid[]), CAST(:days AS date[]),"
    " CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))"
    " AS w(client_id, day, starts_at, ends_at)"
)


def stored(family: Family, *, hourly: bool = False) -> list[Measure]:
    """List the additive measures of `family` that rollups keep, by day or by hour."""
    own = [m for m in MEASURES.values() if m.family is family and m.aggregate.is_stored]
    return [m for m in own if m.hourly] if hourly else own


def select(
    family: Family,
    *,
    hourly: bool = False,
    dimensions: Sequence[str] | None = None,
    measures: Sequence[Measure] | None = None,
    where: str = "",
) -> str:
    """
    Write the pass over `family` as SQL.

    Args:
        family: what to count.
        hourly: also yield `hour_at`, the start of the interval.
        dimensions: what to group by; default: what rollups keep. The rest comes as ''.
        measures: which of its additive measures; default: all.
        where: a further condition, made of developers' constants and binds.

    Returns:
        SQL that yields client_id, day, [hour_at,] measure, currency, the columns of
        `models.rollups.DIMENSIONS`, value (numeric, never 0).
    """
    chosen = list(stored(family, hourly=hourly) if measures is None else measures)
    kept = family.kept if dimensions is None else dimensions
    hour = "w.starts_at AS hour_at, " if hourly else ""
    groups = [f"{family.dimensions[name]} AS {name}" for name in kept]
    currency = family.currency if any(m.kind.has_currency for m in chosen) else "''"
    columns = [f"{aggregate(m)} AS m{n}" for n, m in enumerate(chosen)]
    inner = (
        f"SELECT w.client_id, w.day, {hour}{currency} AS currency, "
        + ", ".join(groups + columns)
        + f" FROM {WANTED} "
        + within(family, [*groups, *columns, currency, where])
        + conditions(family.where, where, keyword="WHERE")
        + f" GROUP BY {', '.join(str(n + 1) for n in range(3 + hourly + len(groups)))}"
    )
    return _spread(inner, chosen, kept, hourly=hourly)


def _spread(inner: str, measures: Sequence[Measure], kept: Sequence[str], *, hourly: bool) -> str:
    """Turn the columns of a pass into one row a measure."""
    names = "g.client_id, g.day, " + ("g.hour_at, " if hourly else "")
    values = ", ".join(f"('{m.key}', {_currency(m)}, g.m{n})" for n, m in enumerate(measures))
    columns = ", ".join(f"g.{d}" if d in kept else f"CAST('' AS text) AS {d}" for d in DIMENSIONS)
    grouped = ", ".join(str(n + 1) for n in range(4 + hourly + len(DIMENSIONS)))
    return (
        f"SELECT {names}m.measure, m.currency, {columns}, sum(m.value) AS value"
        f" FROM ({inner}) g CROSS JOIN LATERAL (VALUES {values}) AS m(measure, currency, value)"
        f" WHERE m.value <> 0 GROUP BY {grouped} HAVING sum(m.value) <> 0"
    )


def _currency(measure: Measure) -> str:
    return "g.currency" if measure.kind.has_currency else "''"


def aggregate(measure: Measure) -> str:
    """Write one aggregate; its condition is a FILTER, so that measures share the scan."""
    if measure.aggregate is Aggregate.COUNT:
        made = "count(*)"
    elif measure.aggregate is Aggregate.SUM:
        made = f"sum({measure.value_sql})"
    elif measure.aggregate is Aggregate.DISTINCT:
        made = f"count(DISTINCT {measure.value_sql})"
    else:
        at = "0.9" if measure.aggregate is Aggregate.P90 else "0.5"
        endless = f"coalesce(CAST({measure.value_sql} AS float8), 'Infinity')"
        made = f"percentile_cont({at}) WITHIN GROUP (ORDER BY {endless})"
    filtered = f" FILTER (WHERE {measure.where})" if measure.where else ""
    return f"CAST({made}{filtered} AS numeric)" if measure.aggregate.is_stored else made + filtered


def relation(family: Family, used: Sequence[str]) -> str:
    """Give the relation with those of its joins that `used` or each other mention."""
    wanted = _joins(family, used)
    made = " ".join([family.relation, *wanted])
    return f"({made})" if wanted or " JOIN " in family.relation else made


def within(family: Family, used: Sequence[str], client: str = "w.client_id") -> str:
    """
    Join the rows of `family` that lie in each interval w, then what `used` mentions.

    OFFSET 0 keeps the planner to the index by instant: it cannot know how short an interval is,
    and compares each row with each of thousands otherwise.
    """
    table, _, rest = family.relation.partition(" f")
    found = f"SELECT f.* FROM {table} f WHERE f.client_id = {client} AND {bounds(family)} OFFSET 0"
    return " ".join([f"CROSS JOIN LATERAL ({found}) f{rest}", *_joins(family, used)])


def _joins(family: Family, used: Sequence[str]) -> list[str]:
    wanted: list[str] = []
    text = " ".join([*used, family.where, family.relation])
    for alias, join in reversed(list(family.joins.items())):
        if re.search(rf"\b{alias}\.", text):
            wanted.insert(0, join)
            text += join
    return wanted


def bounds(family: Family) -> str:
    """Say when a row of `family` lies in the interval w."""
    if family.local_day:
        return f"{family.local_day} = w.day"
    return f"{family.instant} >= w.starts_at AND {family.instant} < w.ends_at"


def conditions(*parts: str, keyword: str = "AND") -> str:
    """Join conditions, or nothing when there are none."""
    some = [part for part in parts if part]
    return f" {keyword} {' AND '.join(some)}" if some else ""


def hours_of(calendar: Calendar, day: date) -> Iterator[tuple[datetime, datetime]]:
    """
    Give the local hours of a day as UTC instants, end to end.

    A repeated hour comes twice. Where clocks move by half an hour, the shift also ends an hour.
    """
    start, end = calendar.start_of(day), calendar.start_of(day + timedelta(days=1))
    edges = _edges(start, end, calendar.at(day).zone)
    yield from pairwise(edges)


@lru_cache(maxsize=4096)
def _edges(start: datetime, end: datetime, zone: str) -> tuple[datetime, ...]:
    edges = [start]
    while edges[-1] < end:
        edges.append(min(_next_edge(edges[-1], ZoneInfo(zone)), end))
    return tuple(edges)


def _next_edge(at: datetime, zone: ZoneInfo) -> datetime:
    """Find the next full local hour, or the jump of the clock if that comes first."""
    local = at.astimezone(zone)
    full = at + HOUR - timedelta(minutes=local.minute, seconds=local.second)
    if full.astimezone(zone).utcoffset() == local.utcoffset():
        return full
    jump = at + MINUTE
    while jump.astimezone(zone).utcoffset() == local.utcoffset():
        jump += MINUTE
    return min(jump, full)
