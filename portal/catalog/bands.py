"""Time to first response: how many leads waited how long, and how many of those gave a job."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from portal.catalog import passes
from portal.catalog.asking import Asking, Statement, asking_for
from portal.catalog.compare import Side, sides_of
from portal.catalog.compiler import condition, value_of
from portal.catalog.metrics.leads import LEADS, SECONDS
from portal.catalog.query import Query
from portal.core.calendar import Calendar

UNTIL = (60, 300, 900, 3600)
LABELS = ("Under 1 min", "1 to 5 min", "5 to 15 min", "15 to 60 min", "Over 1 hour", "No reply")
TARGET_BANDS = 2


@dataclass(frozen=True)
class Band:
    """The leads whose first reply came after so long; the last band has none yet."""

    label: str
    leads: int
    share: Decimal | None
    """Of all leads of the period but the pending."""
    won: Decimal | None
    """Share of these leads that gave a job."""
    is_in_target: bool
    share_before: Decimal | None = None


@dataclass(frozen=True)
class Bands:
    """All bands, fastest first, empty ones too, and the leads that may still be answered."""

    bands: tuple[Band, ...]
    pending: int
    """Leads of the last hour without a reply: neither answered nor unanswered."""


def bands(
    query: Query, calendar: Calendar, client_id: UUID, *, at: datetime | None = None
) -> Bands:
    """Sort the period's leads by how soon they were answered; inside `acting_as`."""
    asking = asking_for(client_id, calendar, at=at)
    own, other = sides_of(query, calendar, asking.now)
    before = _count(asking, query, other) if other else None
    found = _count(asking, query, own)
    leads, earlier = _answered(found), _answered(before) if before else 0
    return Bands(
        tuple(
            Band(
                label=label,
                leads=found[n][0],
                share=_share(found[n][0], leads),
                won=_share(found[n][1], found[n][0]),
                is_in_target=n < TARGET_BANDS,
                share_before=_share(before[n][0], earlier) if before else None,
            )
            for n, label in enumerate(LABELS)
        ),
        found[len(LABELS)][0],
    )


Counts = list[tuple[int, int]]


def _count(asking: Asking, query: Query, side: Side) -> Counts:
    """Count (leads, won) by band; then, last, the pending."""
    filters = list(enumerate(query.filters))
    where = [condition(n, one, LEADS.dimensions[one.dimension]) for n, one in filters]
    # Up to and including the limit: a reply after exactly five minutes is within five minutes.
    band = (
        f"CASE WHEN s.responded_at IS NOT NULL"
        f" THEN width_bucket(-({SECONDS}), CAST(:limits AS numeric[]))"
        " WHEN f.occurred_at > CAST(:now AS timestamptz) - interval '1 hour' THEN -2 ELSE -1 END"
    )
    made = Statement(
        f"SELECT {band}, count(*), count(*) FILTER (WHERE s.won > 0) FROM "
        + passes.relation(LEADS, [*where, band])
        + " WHERE f.client_id = :client AND f.occurred_at >= :start AND f.occurred_at < :end"
        + passes.conditions(LEADS.where)
        + passes.conditions(*where)
        + " GROUP BY 1",
        {
            "client": asking.client_id,
            "start": side.starts_at,
            "end": side.ends_at,
            "now": asking.now,
            "limits": [-limit for limit in reversed(UNTIL)],
        },
    )
    made.binds |= {f"f{number}": value_of(one) for number, one in filters}
    found: Counts = [(0, 0)] * (len(LABELS) + 1)
    for number, leads, won in asking.fetch(made):
        found[len(UNTIL) - number] = (leads, won)
    return found


def _answered(found: Counts) -> int:
    return sum(leads for leads, _won in found[: len(LABELS)])


def _share(part: int, of: int) -> Decimal | None:
    return Decimal(part) / of if of else None
