"""How far a client's numbers reach: the first day with any, and how fresh they are."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from portal.core.db import db
from portal.models.rollups import Rollup, RollupDay


@dataclass(frozen=True)
class Reach:
    """First and last local day that have numbers; when a day was last rolled up; how often."""

    first: date | None
    last: date | None
    rolled_at: datetime | None
    version: int
    """Grows with each day rolled up: part of every cache key."""


def reach_of(client_id: UUID) -> Reach:
    """Read it for the client in scope."""
    days = sa.select(sa.func.min(Rollup.day), sa.func.max(Rollup.day)).where(
        Rollup.client_id == client_id
    )
    first, last = db.session.execute(days).one()
    rolled = sa.select(
        sa.func.max(RollupDay.rolled_at), sa.func.coalesce(sa.func.sum(RollupDay.version), 0)
    ).where(RollupDay.client_id == client_id)
    rolled_at, version = db.session.execute(rolled).one()
    return Reach(first, last, rolled_at, int(version))
