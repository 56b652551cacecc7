"""A backfill marks the days of a period once, works them off, and is known until it is done."""

from datetime import date

import sqlalchemy as sa

from portal.core.calendar import Period
from portal.core.db import db
from portal.ingest import facts
from portal.models.clients import Client
from portal.rollups import backfill
from portal.rollups.sweep import due, sweep

MARCH = Period(date(2026, 3, 1), date(2026, 3, 5))


def test_a_backfill_rolls_its_days_up_anew_and_can_be_resumed(acme: Client) -> None:
    """Begun twice it is one; finished, the next is another; its note is the application's own."""
    lead = {"external_id": "L1", "occurred_at": "2026-03-03T12:00:00Z", "source": "referral"}
    facts.store(acme.id, "leads", "crm", [lead])
    while due():
        sweep()

    begun = backfill.begin(MARCH, acme.id)
    again = backfill.begin(MARCH, acme.id)
    assert (begun.is_resumed, again.is_resumed) == (False, True)
    assert again.id == begun.id
    assert backfill.progress(begun).days > 0

    left = list(backfill.run(again))
    assert left[-1].is_done
    finished = sa.text("SELECT finished_at FROM backfills WHERE id = :id")
    assert db.session.scalar(finished, {"id": begun.id}) is not None
    assert not backfill.begin(MARCH, acme.id).is_resumed
    while due():
        sweep()
