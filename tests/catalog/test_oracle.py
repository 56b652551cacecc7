"""Every metric has a second opinion, and it is the same: over random data, zones and DST edges."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest

from portal.catalog.answer import answer, answers
from portal.catalog.compare import Side, sides_of
from portal.catalog.metric import CURRENCY, Metric
from portal.catalog.query import Compare, Filter, Op, Query, Span
from portal.catalog.result import Result
from portal.catalog.rows import RowsQuery, rows
from portal.catalog.subjects import METRICS
from portal.core.calendar import Calendar, Grain, Period
from portal.core.tenancy import acting_as
from tests import worlds
from tests.oracle import ORACLE, Facts, Slice

# Each around a change of the clocks, where the zone has one.
WORLDS = {
    "Europe/Berlin": (date(2026, 3, 16), datetime(2026, 4, 2, 9, 30, 11, tzinfo=UTC)),
    "America/Los_Angeles": (date(2025, 10, 20), datetime(2025, 11, 9, 3, 5, tzinfo=UTC)),
    "Asia/Kathmandu": (date(2026, 1, 20), datetime(2026, 2, 7, 20, 0, tzinfo=UTC)),
    "Australia/Lord_Howe": (date(2026, 3, 20), datetime(2026, 4, 5, 15, 45, tzinfo=UTC)),
    "UTC": (date(2025, 12, 20), datetime(2026, 1, 5, 0, 0, 1, tzinfo=UTC)),
}
WHOLE = Decimal("0.000001")
ONE = timedelta(days=1)
SPAN = Span.HOURS


class Case:
    """A world, its facts as the oracle reads them, and an instant that is now."""

    def __init__(self, zone: str) -> None:
        first, self.now = WORLDS[zone]
        self.world = worlds.make(len(zone), zone=zone, first=first, now=self.now)
        days = (self.world.calendar.today(self.now) - first).days + 1
        self.period = Period(first, first + timedelta(days=days))
        self.zones_share = sorted(WORLDS).index(zone)
        with acting_as(self.world.client_id):
            self.facts = Facts(self.world.client_id)

    @property
    def calendar(self) -> Calendar:
        """The client's days."""
        return self.world.calendar

    def some_metrics(self) -> list[Metric]:
        """Share what takes long between the zones: each metric is looked at in one."""
        return list(METRICS.values())[self.zones_share :: len(WORLDS)]

    def ask(self, query: Query) -> Result:
        """Ask the catalog."""
        return answer(query, self.calendar, self.world.client_id, at=self.now)

    def slice(self, side: Side, **changes: object) -> Slice:
        """Give the oracle the stretch that a side covers."""
        open_day = self.calendar.day_of(side.ends_at - timedelta(microseconds=1))
        after = side.period.end if side.ends_at == self.calendar.start_of(side.period.end) else None
        made = {
            "start": side.starts_at,
            "end": side.ends_at,
            "first": side.period.start,
            "after": after or open_day,
            "now": self.now,
        } | changes
        return Slice(self.facts, self.calendar, **made)  # type: ignore[arg-type]

    def opinion(self, key: str, side: Side, **changes: object) -> Decimal | None:
        """Ask the oracle; what a whole day dates leaves the open day of a comparison out."""
        if METRICS[key].is_day_dated and side.cuts_days:
            if side.whole is None:
                return None
            changes["end"] = self.calendar.start_of(side.whole.end)
            changes["after"] = side.whole.end
        return ORACLE[key](self.slice(side, **changes))


@pytest.fixture(scope="module", params=sorted(WORLDS))
def case(request: pytest.FixtureRequest, app: object) -> Iterator[Case]:
    """One world a zone."""
    with app.app_context():  # type: ignore[attr-defined]
        made = Case(request.param)
        with acting_as(made.world.client_id):
            yield made


def same(found: Decimal | None, expected: Decimal | None) -> bool:
    """Equal, but for the last digits of a quotient or a percentile."""
    if found is None or expected is None:
        return found is expected
    return abs(found - expected) <= max(WHOLE, abs(expected) * Decimal("1e-9"))


def test_every_metric_has_a_second_opinion() -> None:
    assert set(ORACLE) == set(METRICS)


def chunks() -> Iterator[tuple[str, ...]]:
    """All metrics, in questions of at most fifty."""
    keys = tuple(METRICS)
    yield from (keys[n : n + 50] for n in range(0, len(keys), 50))


@pytest.mark.parametrize("compare", [Compare.NONE, Compare.PREVIOUS])
def test_totals_of_both_sides_agree(case: Case, compare: Compare) -> None:
    """Of an unfinished period: the partial days of both sides come from facts."""
    period = Period(case.period.start + timedelta(days=9), case.calendar.today(case.now) + ONE)
    wrong = {}
    for keys in chunks():
        query = Query(keys, period, compare=compare)
        result = case.ask(query)
        own, other = sides_of(query, case.calendar, case.now)
        for key in keys:
            expected = case.opinion(key, own)
            if not same(result.total[key], expected):
                wrong[key] = (result.total[key], expected)
            if other is not None:
                before = case.opinion(key, other)
                if not same(result.total.before(key), before):
                    wrong[f"{key} before"] = (result.total.before(key), before)
    assert wrong == {}


@pytest.mark.parametrize("grain", [Grain.DAY, Grain.WEEK, Grain.MONTH])
def test_buckets_agree(case: Case, grain: Grain) -> None:
    """A repeated or a missing hour lies in the day that has it."""
    wrong = {}
    for keys in chunks():
        result = case.ask(Query(keys, case.period, grain=grain))
        assert len(result.rows) == len(result.buckets)
        for row in result.rows:
            bucket = result.buckets[row.position - 1]
            own = case.slice(
                Side(case.period, case.period, (), bucket.starts_at, bucket.ends_at, ()),
                first=case.calendar.day_of(bucket.starts_at),
                after=bucket.last_day + ONE,
            )
            for key in keys:
                if not same(row[key], ORACLE[key](own)):
                    wrong[key, row.at] = (row[key], ORACLE[key](own))
    assert wrong == {}


def test_every_dimension_agrees(case: Case) -> None:
    """Also those that rollups do not keep, and on both sides of a comparison."""
    wrong = {}
    period = Period(case.period.start + timedelta(days=8), case.period.start + timedelta(days=16))
    for metric in case.some_metrics():
        for dimension in metric.dimensions:
            if dimension == CURRENCY:
                continue
            query = Query((metric.key,), period, dimensions=(dimension,), compare=Compare.PREVIOUS)
            result = case.ask(query)
            own, other = sides_of(query, case.calendar, case.now)
            assert other is not None
            for row in result.rows:
                dims = {dimension: row.dimensions[0]}
                for side, found in ((own, row[metric.key]), (other, row.before(metric.key))):
                    expected = ORACLE[metric.key](case.slice(side, dims=dims))
                    if not same(found, expected):
                        wrong[metric.key, dimension, row.dimensions] = (found, expected)
    assert wrong == {}


def test_filters_agree(case: Case) -> None:
    """A filter on one dimension leaves what the oracle finds for its value."""
    wrong = {}
    for metric in case.some_metrics():
        for dimension in [name for name in metric.dimensions if name != CURRENCY][:3]:
            values = case.ask(Query((metric.key,), case.period, dimensions=(dimension,))).rows
            for row in values[:2]:
                kept = Filter(dimension, Op.IS, row.dimensions)
                total = case.ask(Query((metric.key,), case.period, filters=(kept,))).total
                if not same(total[metric.key], row[metric.key]):
                    wrong[metric.key, row.dimensions] = (total[metric.key], row[metric.key])
    assert wrong == {}


def test_currencies_are_never_added(case: Case) -> None:
    for metric in METRICS.values():
        if CURRENCY not in metric.dimensions:
            continue
        query = Query((metric.key,), case.period, dimensions=(CURRENCY,))
        own, _ = sides_of(query, case.calendar, case.now)
        for row in case.ask(query).rows:
            expected = ORACLE[metric.key](case.slice(own, currency=row.dimensions[0]))
            assert same(row[metric.key], expected), (metric.key, row.dimensions)
            one = case.ask(Query((metric.key,), case.period, currency=row.dimensions[0]))
            assert same(one.total[metric.key], expected)


def test_days_partition_the_period_and_weeks_are_their_sums(case: Case) -> None:
    additive = tuple(m.key for m in METRICS.values() if m.additivity == "additive")[:50]
    by = {g: case.ask(Query(additive, case.period, grain=g)) for g in (Grain.DAY, Grain.WEEK)}
    for key in additive:
        days = [row[key] or 0 for row in by[Grain.DAY].rows]
        weeks = [row[key] or 0 for row in by[Grain.WEEK].rows]
        total = by[Grain.DAY].total[key]
        assert same(Decimal(sum(days)), total), key
        assert same(Decimal(sum(weeks)), total), key


def test_hours_partition_days(case: Case) -> None:
    hourly = tuple(m.key for m in METRICS.values() if Grain.HOUR in m.grains)
    additive = tuple(key for key in hourly if METRICS[key].additivity == "additive")
    period = Period(case.period.start + ONE, case.period.start + timedelta(days=14))
    hours, days = (case.ask(Query(additive, period, grain=g)) for g in (Grain.HOUR, Grain.DAY))
    for key in additive:
        by_day: dict[date, Decimal] = {}
        for row in hours.rows:
            assert isinstance(row.at, datetime)
            day = case.calendar.day_of(row.at)
            by_day[day] = by_day.get(day, Decimal(0)) + (row[key] or 0)
        assert by_day == {row.at: row[key] for row in days.rows}


def test_the_last_24_hours_come_from_facts(case: Case) -> None:
    wrong = {}
    for keys in chunks():
        day = case.calendar.today(case.now)
        query = Query(keys, Period(day - ONE, day + ONE), span=SPAN)
        own, _ = sides_of(query, case.calendar, case.now)
        assert (own.starts_at, own.ends_at) == (case.now - ONE, case.now)
        result = case.ask(query)
        for key in keys:
            if METRICS[key].is_day_dated:
                assert result.total[key] is None
            elif not same(result.total[key], ORACLE[key](case.slice(own))):
                wrong[key] = (result.total[key], ORACLE[key](case.slice(own)))
    assert wrong == {}


def test_rows_add_up_to_the_figure(case: Case) -> None:
    """Counts and sums; of a distinct count and a state each row is one."""
    wrong: dict[str, object] = {}
    for metric, compare in product(case.some_metrics(), (Compare.NONE, Compare.PREVIOUS)):
        query = Query((metric.key,), case.period, compare=compare)
        found = rows(RowsQuery(query), case.calendar, case.world.client_id, at=case.now)
        figure = case.ask(query).total[metric.key]
        if metric.additivity in {"additive", "distinct", "state"} and metric.key != "call_minutes":
            if not same(found.total, figure):
                wrong[metric.key] = (found.total, figure)
        elif metric.parts[1] is not None:
            part = RowsQuery(query, "denominator")
            below = rows(part, case.calendar, case.world.client_id, at=case.now)
            if below.total and not same(found.total / below.total, figure):
                wrong[metric.key] = (found.total, below.total, figure)
    assert {k: v for k, v in wrong.items() if k != "roi"} == {}


def test_a_batch_answers_as_single_questions_do(case: Case) -> None:
    queries = [
        Query(("leads",), case.period, grain=Grain.DAY),
        Query(("jobs_won", "revenue_booked"), case.period, grain=Grain.DAY),
        Query(("leads", "jobs_won"), case.period, dimensions=("source",)),
    ]
    together = answers(queries, case.calendar, case.world.client_id, at=case.now)
    assert [found.rows for found in together] != []
    for query, found in zip(queries, together, strict=True):
        alone = case.ask(query)
        pairs = zip(found.rows, alone.rows, strict=False)
        shown = [[(a[key], b[key]) for key in query.metrics] for a, b in pairs if a.at == b.at]
        assert all(a == b for cells in shown for a, b in cells)
