"""How far a client's numbers reach: the first day with any, and how fresh they are."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from portal.core.db import db
from portal.models.rollups import DayMark, EntityMark, Rollup, RollupDay


@dataclass(frozen=True)
class Reach:
    """First and last local day that have numbers; when a day was last rolled up; how often."""

    first: date | None
    last: date | None
    rolled_at: datetime | None
    version: int
    """Grows with each day rolled up: part of every cache key."""
    waits_since: datetime | None = None
    """When the oldest mark that is still open was made: what came after it may not be counted."""


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
    return Reach(first, last, rolled_at, int(version), _oldest_mark(client_id))


def _oldest_mark(client_id: UUID) -> datetime | None:
    """Find it by the ids, which are made in the order of time: one look into each key."""
    heads = [
        sa.select(kind.marked_at).where(kind.client_id == client_id).order_by(kind.id).limit(1)
        for kind in (DayMark, EntityMark)
    ]
    found = [db.session.scalar(head) for head in heads]
    return min((at for at in found if at is not None), default=None)
