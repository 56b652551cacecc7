"""From a lead to a number: scheduler and worker as they run, nobody asking them to."""

import time
from datetime import UTC, datetime

import sqlalchemy as sa

from portal.core.calendar import now
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.ingest import facts
from portal.models.clients import Client
from portal.models.rollups import Rollup
from portal.rollups.sweep import sweep
from tests.tasks.conftest import Start

WORST_SECONDS = 60
USUAL_SECONDS = 5


def leads_of(client: Client) -> int:
    """Read the rollup."""
    with acting_as(client.id):
        found = sa.select(sa.func.coalesce(sa.func.sum(Rollup.value), 0))
        mine = (Rollup.client_id == client.id, Rollup.measure == "leads")
        return int(db.session.execute(found.where(*mine)).scalar_one())


def wait_for(client: Client, wanted: int) -> float:
    """Wait for a number; return after how many seconds it was there."""
    began = time.monotonic()
    while leads_of(client) != wanted and time.monotonic() - began < WORST_SECONDS:
        time.sleep(0.1)
    assert leads_of(client) == wanted
    return time.monotonic() - began


def test_a_lead_is_in_the_number_within_seconds(start: Start, acme: Client) -> None:
    sweep()
    start("rollups")
    start("scheduler")
    waits = []
    for number in range(1, 4):
        at = now().astimezone(UTC) if number < 3 else datetime(2026, 1, 5, 12, tzinfo=UTC)
        lead = {"external_id": f"L{number}", "occurred_at": at.isoformat()}
        assert facts.store(acme.id, "leads", "crm", [lead]).stored == 1
        waits.append(wait_for(acme, number))

    assert sorted(waits)[1] < USUAL_SECONDS
