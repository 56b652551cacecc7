"""Days are the client's own, whatever its zone does."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from portal.core.calendar import FIRST_DAY, Calendar, CalendarSpan, Period
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.models.clients import Client, ClientCalendar
from portal.rollups.marks import mark_calendar
from portal.rollups.sweep import sweep
from portal.rollups.verify import verify
from tests import factories
from tests.line import post, total

EDGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2025, 10, 26)),
    ("Asia/Kathmandu", date(2026, 3, 29)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("America/Havana", date(2025, 11, 2)),
    ("Asia/Beirut", date(2026, 3, 29)),
]


@pytest.mark.parametrize(("zone", "day"), EDGES)
def test_both_edges_of_a_day_that_is_longer_or_shorter_are_its_own(
    session: object, zone: str, day: date
) -> None:
    client = factories.client("edge", zone=zone)
    calendar = Calendar([CalendarSpan(FIRST_DAY, zone, 0, "EUR")])
    start, end = calendar.instants(Period(day, day + timedelta(days=1)))
    edges = [start, end - timedelta(microseconds=1), start - timedelta(microseconds=1), end]
    post(
        client.id,
        "leads",
        *({"external_id": f"L{n}", "occurred_at": at.isoformat()} for n, at in enumerate(edges)),
    )
    sweep()
    counted = [total(client.id, "leads", day + timedelta(days=n)) for n in (-1, 0, 1)]
    assert counted == [1, 2, 1]
    assert list(verify(client.id)) == []


def test_a_changed_zone_rolls_its_days_up_again_and_leaves_earlier_ones(acme: Client) -> None:
    nights = [datetime(2026, 3, day, 23, 30, tzinfo=UTC) for day in (2, 10)]
    post(
        acme.id,
        "leads",
        *({"external_id": f"L{at.day}", "occurred_at": at.isoformat()} for at in nights),
    )
    sweep()
    assert total(acme.id, "leads", date(2026, 3, 11)) == 1
    with acting_as(acme.id):
        own = {"client_id": acme.id, "from_on": date(2026, 3, 8), "zone": "America/Los_Angeles"}
        db.session.add(ClientCalendar(**own, currency="EUR"))
        db.session.flush()
        mark_calendar(db.session.connection(), acme.id, date(2026, 3, 8))
    sweep()
    assert total(acme.id, "leads", date(2026, 3, 3)) == 1
    assert total(acme.id, "leads", date(2026, 3, 10)) == 1
    assert total(acme.id, "leads", date(2026, 3, 11)) == 0
    assert list(verify(acme.id)) == []


def test_verify_names_client_day_measure_dimensions_and_both_values(acme: Client) -> None:
    lead = {"external_id": "L", "occurred_at": "2026-03-03T12:00:00Z", "source": "referral"}
    post(acme.id, "leads", lead)
    sweep()
    with acting_as(acme.id):
        binds = {"client": acme.id}
        sql = "UPDATE rollups SET value = 7 WHERE client_id = :client AND measure = 'leads'"
        db.session.execute(sa.text(sql), binds)
    (found,) = [one for one in verify(acme.id) if one.measure == "leads"]
    assert (found.client_id, found.day) == (acme.id, date(2026, 3, 3))
    assert found.dimensions == {"source": "referral"}
    assert (found.stored, found.recount) == (Decimal(7), Decimal(1))
    with acting_as(acme.id):
        db.session.execute(sa.text("DELETE FROM steps WHERE client_id = :client"), binds)
    assert list(verify(acme.id))  # derived rows are not trusted either: nothing was written
    with acting_as(acme.id):
        left = db.session.execute(
            sa.text("SELECT count(*) FROM steps WHERE client_id = :client"), binds
        )
        assert left.scalar_one() == 0
