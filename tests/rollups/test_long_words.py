"""Words of the longest legal length, in every dimension at once, are rolled up."""

from datetime import timedelta

import sqlalchemy as sa

from portal.core.calendar import now
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.ingest import facts
from portal.models.clients import Client
from portal.models.rollups import Rollup
from portal.rollups.sweep import due, sweep

WORD = "𝕏" * 254
DIMENSIONS = ("source", "channel", "owner", "location")


def test_the_longest_words_of_four_byte_letters_count(acme: Client) -> None:
    """An index row holds at most 2,704 bytes; these dimensions alone have 4,000."""
    at = (now() - timedelta(hours=1)).isoformat()
    items = [
        {
            "external_id": f"L{n}",
            "occurred_at": at,
            "campaign_id": WORD + str(n),
            **{name: WORD + str(n) for name in DIMENSIONS},
        }
        for n in range(2)
    ]
    with acting_as(acme.id):
        assert facts.store(acme.id, "leads", "api", items).stored == 2
    while due():
        sweep()

    with acting_as(acme.id):
        rows = db.session.scalars(
            sa.select(Rollup).where(Rollup.client_id == acme.id, Rollup.measure == "leads")
        ).all()
        assert {(row.source, int(row.value)) for row in rows} == {(WORD + "0", 1), (WORD + "1", 1)}
