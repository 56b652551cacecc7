"""The funnel, the response bands, the heatmap and the feed, each counted again by hand."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from portal.catalog.activity import activity
from portal.catalog.bands import UNTIL, bands
from portal.catalog.funnel import STEPS, FunnelQuery, funnel
from portal.catalog.heatmap import heatmap
from portal.catalog.query import Compare, Filter, Op, Query
from portal.core.calendar import Period
from portal.core.errors import BadQuery
from portal.core.tenancy import acting_as
from tests import worlds
from tests.oracle import Facts

FIRST = date(2026, 3, 16)
NOW = datetime(2026, 4, 8, 9, 30, tzinfo=UTC)
PERIOD = Period(FIRST, FIRST + timedelta(days=24))
WINDOW = timedelta(days=90)


@pytest.fixture(scope="module")
def world(app: Flask) -> Iterator[worlds.World]:
    """A client in Lord Howe, whose clocks move by half an hour within the period."""
    with app.app_context():
        made = worlds.make(11, zone="Australia/Lord_Howe", first=FIRST, now=NOW, size=40)
        with acting_as(made.client_id):
            yield made


@pytest.fixture(scope="module")
def facts(world: worlds.World) -> Facts:
    """Its rows."""
    return Facts(world.client_id)


def reached(facts: Facts, lead: Any, steps: tuple[str, ...]) -> int:
    """How many steps one lead took in order, within the window."""
    at, count = lead["occurred_at"], 1
    for step in steps[1:]:
        own = [
            s["occurred_at"]
            for s in facts.tables["steps"]
            if s["lead_id"] == lead["id"]
            and s["kind"] == step
            and at <= s["occurred_at"] < lead["occurred_at"] + WINDOW
        ]
        if not own:
            return count
        at, count = min(own), count + 1
    return count


@pytest.mark.parametrize("by", ["", "source"])
def test_the_funnel_follows_each_lead(world: worlds.World, facts: Facts, by: str) -> None:
    question = FunnelQuery(Query(("leads",), PERIOD, dimensions=(by,) if by else ()))
    found, _ = funnel(question, world.calendar, world.client_id, at=NOW)
    start, end = world.calendar.instants(PERIOD)
    leads = [i for i in facts.items("leads") if i.at and start <= i.at < end]
    ids = {lead.row["id"] for lead in leads}
    measured = {s["kind"] for s in facts.tables["steps"] if s["lead_id"] in ids}
    steps = tuple(step for step in STEPS if step in measured)

    assert tuple(step.key for step in found.steps) == steps
    assert set(found.not_measured) == set(STEPS) - set(steps)
    for value, told in {"": found.steps, **found.by}.items() if not by else found.by.items():
        those = [lead for lead in leads if not by or lead.dims[by] == value]
        depths = [reached(facts, lead.row, steps) for lead in those]
        assert [s.leads for s in told] == [
            sum(depth > n for depth in depths) for n in range(len(steps))
        ]
    assert all(a.leads >= b.leads for a, b in zip(found.steps, found.steps[1:], strict=False))


def test_a_funnel_is_filtered_and_compared(world: worlds.World, facts: Facts) -> None:
    only = Filter("source", Op.IS, ("web_form",))
    half = Period(FIRST + timedelta(days=12), FIRST + timedelta(days=24))
    query = Query(("leads",), half, filters=(only,), compare=Compare.PREVIOUS)
    found, before = funnel(FunnelQuery(query), world.calendar, world.client_id, at=NOW)
    start, end = world.calendar.instants(half.shifted(-12))

    assert before is not None
    leads = [i for i in facts.items("leads") if i.at and start <= i.at < end]
    assert before.steps[0].leads <= sum(i.dims["source"] == "web_form" for i in leads)
    assert found.steps[0].leads > 0


def test_a_funnel_that_makes_no_sense_is_refused() -> None:
    plain = Query(("leads",), PERIOD)
    for steps in (("job_won",), ("lead_created", "lead_created"), ("lead_created", "jump")):
        with pytest.raises(BadQuery):
            FunnelQuery(plain, steps)
    with pytest.raises(BadQuery):
        FunnelQuery(plain, window_days=0)


def test_bands_count_every_lead_once(world: worlds.World, facts: Facts) -> None:
    found = bands(Query(("leads",), PERIOD), world.calendar, world.client_id, at=NOW)
    start, end = world.calendar.instants(PERIOD)
    leads = [i.row for i in facts.items("leads") if i.at and start <= i.at < end]
    seconds = [row["seconds"] for row in leads]
    counts = [0] * 6
    for value in seconds:
        counts[5 if value is None else sum(value > limit for limit in UNTIL)] += 1
    young = [
        r for r in leads if r["seconds"] is None and r["occurred_at"] > NOW - timedelta(hours=1)
    ]

    assert [band.leads for band in found.bands] == [*counts[:5], counts[5] - len(young)]
    assert found.pending == len(young)


@pytest.mark.parametrize("hours", [{}, {"0": [["08:00", "12:30"]], "5": [["22:00", "02:00"]]}])
def test_the_heatmap_holds_every_contact(
    world: worlds.World, facts: Facts, hours: dict[str, Any]
) -> None:
    """By the client's own clock, a repeated half hour with the hour that it repeats."""
    query = Query(("inbound_messages", "calls_inbound"), PERIOD)
    found = heatmap(query, world.calendar, world.client_id, hours, at=NOW)
    start, end = world.calendar.instants(PERIOD)
    cells = [[0] * 24 for _ in range(7)]
    for kind in ("messages", "calls"):
        for item in facts.items(kind):
            if item.at and item.row["direction"] == "inbound" and start <= item.at < end:
                local = world.calendar.local(item.at)
                cells[local.weekday()][local.hour] += 1

    assert [list(row) for row in found.cells] == cells
    assert found.total == sum(map(sum, cells))
    assert (found.outside is None) == (not hours)
    if hours:
        inside = sum(cells[0][8:12]) + cells[0][12] / 2 + sum(cells[5][22:24]) + sum(cells[6][:2])
        assert float(found.outside or 0) == pytest.approx(1 - inside / found.total)
        assert found.open_cells[0][12]
        assert not found.open_cells[0][13]


def test_the_feed_is_the_newest_first_and_nothing_of_tomorrow(world: worlds.World) -> None:
    found = activity(world.client_id, world.calendar, limit=20, at=NOW)

    assert len(found) == 20
    assert [item.at for item in found] == sorted((item.at for item in found), reverse=True)
    assert found[0].at <= NOW
