"""All clients at a glance, for the agency: how they do, what they pay, how fresh they are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from portal.core.calendar import now
from portal.core.db import platform_connection

TREND_DAYS = 30
KINDS = ("leads", "messages", "calls", "payments", "events")

CLIENTS = """
SELECT c.id, c.slug, c.name, c.trade, cal.zone, coalesce(s.status, 'active') AS status
FROM clients c
LEFT JOIN LATERAL (SELECT zone FROM client_calendars k WHERE k.client_id = c.id
                   ORDER BY from_on DESC LIMIT 1) cal ON true
LEFT JOIN LATERAL (SELECT status FROM client_status_changes k WHERE k.client_id = c.id
                   AND k.at <= :now ORDER BY at DESC, id DESC LIMIT 1) s ON true
WHERE (CAST(:only AS uuid[]) IS NULL OR c.id = ANY(CAST(:only AS uuid[])))
ORDER BY lower(c.name), c.slug
"""
LEADS = """
SELECT client_id, day, sum(value) FROM rollups
WHERE measure = 'leads' AND day >= :since AND client_id = ANY(CAST(:ids AS uuid[]))
GROUP BY client_id, day
"""
MRR = """
SELECT client_id, currency, sum(amount_minor) FROM plan_movements
WHERE client_id = ANY(CAST(:ids AS uuid[])) GROUP BY client_id, currency
HAVING sum(amount_minor) <> 0
"""
RECEIVED = " UNION ALL ".join(
    f"SELECT c.id, (SELECT max(received_at) FROM {kind} f WHERE f.client_id = c.id)"
    " FROM unnest(CAST(:ids AS uuid[])) AS c(id)"
    for kind in KINDS
)
ROLLED = """
SELECT c.id, (SELECT max(rolled_at) FROM rollup_days d WHERE d.client_id = c.id),
  least((SELECT min(marked_at) FROM day_marks m WHERE m.client_id = c.id),
        (SELECT min(marked_at) FROM entity_marks m WHERE m.client_id = c.id)),
  (SELECT count(*) FROM ingest_refusals r WHERE r.client_id = c.id
   AND r.received_at > :now - interval '24 hours')
FROM unnest(CAST(:ids AS uuid[])) AS c(id)
"""


@dataclass
class Entry:
    """One client as the agency's list shows it."""

    id: UUID
    slug: str
    name: str
    trade: str
    zone: str
    status: str
    leads: list[int] = field(default_factory=lambda: [0] * TREND_DAYS)
    """By day, the last thirty, today last."""
    mrr: list[tuple[str, Decimal]] = field(default_factory=list)
    """(currency, minor units)."""
    received_at: datetime | None = None
    rolled_at: datetime | None = None
    oldest_mark_at: datetime | None = None
    refused: int = 0
    """Items refused in the last 24 hours."""

    @property
    def total_leads(self) -> int:
        """Leads of the last thirty days."""
        return sum(self.leads)


def roster(only: Collection[UUID] | None = None) -> list[Entry]:
    """
    List clients by name, with all that the agency wants to see of each.

    Args:
        only: ids of the clients that may be seen; None for all.
    """
    at = now()
    with platform_connection() as connection:
        rows = connection.execute(
            sa.text(CLIENTS), {"now": at, "only": None if only is None else list(only)}
        )
        found = {row.id: Entry(*row) for row in rows}
        _leads(connection, found, at.date())
        _money(connection, found)
        _freshness(connection, found, at)
    return list(found.values())


def _leads(connection: sa.Connection, found: Mapping[UUID, Entry], today: date) -> None:
    since = today - timedelta(days=TREND_DAYS - 1)
    binds = {"since": since, "ids": list(found)}
    for client_id, day, value in connection.execute(sa.text(LEADS), binds):
        place = min((day - since).days, TREND_DAYS - 1)
        found[client_id].leads[place] += int(value)


def _money(connection: sa.Connection, found: Mapping[UUID, Entry]) -> None:
    for client_id, currency, minor in connection.execute(sa.text(MRR), {"ids": list(found)}):
        found[client_id].mrr.append((currency, Decimal(minor)))


def _freshness(connection: sa.Connection, found: Mapping[UUID, Entry], at: datetime) -> None:
    for client_id, received in connection.execute(sa.text(RECEIVED), {"ids": list(found)}):
        entry = found[client_id]
        if received is not None:
            entry.received_at = max(entry.received_at or received, received)
    for row in connection.execute(sa.text(ROLLED), {"ids": list(found), "now": at}):
        entry = found[row[0]]
        entry.rolled_at, entry.oldest_mark_at, entry.refused = row[1:]
