"""From marks to rollups."""

from datetime import UTC, date, datetime

import sqlalchemy as sa

from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.ingest import facts
from portal.models.clients import Client
from portal.rollups.sweep import due, sweep

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def rolled(client: Client, measure: str, day: date) -> int:
    """What the rollups of one day hold."""
    with acting_as(client.id):
        found = db.session.execute(
            sa.text(
                "SELECT coalesce(sum(value), 0) FROM rollups"
                " WHERE client_id = :client AND measure = :measure AND day = :day"
            ),
            {"client": client.id, "measure": measure, "day": day},
        )
        return int(found.scalar_one())


def test_a_posted_lead_is_counted_on_its_local_day(acme: Client) -> None:
    late = {"external_id": "L1", "occurred_at": "2026-03-03T23:30:00Z", "source": "referral"}
    facts.store(acme.id, "leads", "crm", [late])
    assert due()
    sweep()
    assert not due()
    assert rolled(acme, "leads", date(2026, 3, 3)) == 0
    assert rolled(acme, "leads", date(2026, 3, 4)) == 1
