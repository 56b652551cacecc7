"""Each family is counted by one statement that a whole client's day, or any part of it, can use."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa

from portal.catalog import passes
from portal.catalog.subjects import FAMILIES, MEASURES, METRICS
from portal.core.calendar import Calendar, CalendarSpan
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.models.clients import Client
from portal.models.rollups import DIMENSIONS

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def calendar(zone: str) -> Calendar:
    """A calendar of one zone."""
    return Calendar([CalendarSpan(date(1970, 1, 1), zone, 0, "EUR")])


COUNTED = sorted(key for key, family in FAMILIES.items() if passes.stored(family))


@pytest.mark.parametrize("key", COUNTED)
def test_the_pass_of_a_family_runs(key: str, acme: Client) -> None:
    family = FAMILIES[key]
    binds = {
        "clients": [acme.id],
        "days": [NOW.date()],
        "starts": [NOW],
        "ends": [NOW + timedelta(days=1)],
        "now": NOW,
    }
    for hourly in {False, family.hourly}:
        with acting_as(acme.id):
            answer = db.session.execute(sa.text(passes.select(family, hourly=hourly)), binds)

            assert [name for name in list(answer.keys()) if name in DIMENSIONS] == list(DIMENSIONS)


def test_every_measure_is_used_by_a_metric() -> None:
    used = {key for metric in METRICS.values() for key in metric.formula.measure_keys()}
    used |= {part for m in MEASURES.values() for part in (m.entries, m.exits)}

    assert set(MEASURES) - used == set()


def test_every_dimension_of_a_family_is_conformed() -> None:
    for family in FAMILIES.values():
        assert set(family.dimensions) <= set(DIMENSIONS)
        assert set(family.kept) <= set(family.dimensions)
        assert bool(family.instant) != bool(family.local_day)


@pytest.mark.parametrize(
    ("zone", "day", "hours", "shortest"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23, 60),
        ("Europe/Berlin", date(2026, 10, 25), 25, 60),
        ("Asia/Kathmandu", date(2026, 3, 29), 24, 60),
        ("America/Los_Angeles", date(2026, 11, 1), 25, 60),
        ("Australia/Lord_Howe", date(2026, 4, 5), 25, 30),
        ("Australia/Lord_Howe", date(2026, 10, 4), 24, 30),
    ],
)
def test_hours_partition_a_day(zone: str, day: date, hours: int, shortest: int) -> None:
    """A repeated hour comes twice; in Lord Howe clocks move by half an hour."""
    own = calendar(zone)
    found = list(passes.hours_of(own, day))

    assert found[0][0] == own.start_of(day)
    assert found[-1][1] == own.start_of(day + timedelta(days=1))
    assert all(a[1] == b[0] for a, b in pairwise(found))
    assert len(found) == hours
    assert min(end - start for start, end in found) == timedelta(minutes=shortest)
