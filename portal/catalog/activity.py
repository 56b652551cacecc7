"""Right now: the newest things that happened at a client, whatever their kind."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from portal.catalog.asking import Statement, asking_for
from portal.core.calendar import Calendar

MAX_LIMIT = 100
REPLY = timedelta(days=1)

# A step that a lead, message, call or payment tells is shown as that fact itself.
BRANCHES = (
    """
    SELECT f.occurred_at AS at, 'lead' AS kind, f.id, f.name AS title, f.source, f.id AS lead_id,
      f.value_minor, f.currency, CAST(NULL AS float8) AS seconds
    FROM leads f WHERE f.client_id = :client AND f.withdrawn_at IS NULL
      AND f.occurred_at <= :now AND f.occurred_at > :since
    """,
    """
    SELECT f.occurred_at, 'call_' || f.outcome, f.id, coalesce(nullif(l.name, ''), f.phone),
      coalesce(l.source, ''), l.id, CAST(NULL AS bigint), '',
      CAST(extract(epoch FROM r.at - f.occurred_at) AS float8)
    FROM calls f LEFT JOIN leads l ON l.client_id = f.client_id AND l.id = f.lead_key
    LEFT JOIN LATERAL (SELECT min(m.sent_at) AS at FROM messages m
      WHERE m.client_id = f.client_id AND m.lead_key = f.lead_key AND m.direction = 'outbound'
        AND m.withdrawn_at IS NULL AND m.sent_at > f.occurred_at
        AND m.sent_at < f.occurred_at + :reply) r ON f.outcome <> 'answered'
    WHERE f.client_id = :client AND f.withdrawn_at IS NULL AND f.direction = 'inbound'
      AND f.occurred_at <= :now AND f.occurred_at > :since
    """,
    """
    SELECT f.occurred_at, 'message', f.id, coalesce(nullif(l.name, ''), f.phone),
      coalesce(l.source, ''), l.id, CAST(NULL AS bigint), '',
      CAST(NULL AS float8)
    FROM messages f LEFT JOIN leads l ON l.client_id = f.client_id AND l.id = f.lead_key
    WHERE f.client_id = :client AND f.withdrawn_at IS NULL AND f.direction = 'inbound'
      AND f.occurred_at <= :now AND f.occurred_at > :since
    """,
    """
    SELECT f.occurred_at, CASE WHEN f.amount_minor < 0 THEN 'refund' ELSE 'payment' END, f.id,
      coalesce(l.name, ''), coalesce(l.source, f.source), l.id, f.amount_minor, f.currency,
      CAST(NULL AS float8)
    FROM payments f LEFT JOIN leads l ON l.client_id = f.client_id AND l.id = f.lead_key
    WHERE f.client_id = :client AND f.withdrawn_at IS NULL
      AND f.occurred_at <= :now AND f.occurred_at > :since
    """,
    """
    SELECT f.occurred_at, f.kind, f.origin_id, coalesce(l.name, ''), coalesce(l.source, ''), l.id,
      f.value_minor, f.currency, CAST(NULL AS float8)
    FROM steps f LEFT JOIN leads l ON l.client_id = f.client_id AND l.id = f.lead_id
    WHERE f.client_id = :client AND f.origin IN ('jobs', 'funnel_events', 'stages')
      AND f.occurred_at <= :now AND f.occurred_at > :since
    """,
)


@dataclass(frozen=True)
class Happening:
    """One thing that happened; `seconds` is how soon a missed call was written back to."""

    at: datetime
    kind: str
    """lead, message, payment, refund, call_<outcome>, or a funnel kind."""
    id: UUID
    title: str
    source: str
    lead_id: UUID | None
    value_minor: Decimal | None
    currency: str
    seconds: Decimal | None


def activity(
    client_id: UUID,
    calendar: Calendar,
    *,
    limit: int = 8,
    days: int = 30,
    at: datetime | None = None,
) -> list[Happening]:
    """List the newest happenings of the last `days`, newest first; inside `acting_as`."""
    asking = asking_for(client_id, calendar, at=at)
    newest = [f"(SELECT * FROM ({sql}) b ORDER BY 1 DESC LIMIT :most)" for sql in BRANCHES]
    statement = Statement(
        f"SELECT * FROM ({' UNION ALL '.join(newest)}) a ORDER BY at DESC, id DESC LIMIT :most",
        {
            "client": client_id,
            "now": asking.now,
            "since": asking.now - timedelta(days=days),
            "reply": REPLY,
            "most": min(limit, MAX_LIMIT),
        },
    )
    return [
        Happening(
            at=row[0],
            kind=row[1],
            id=row[2],
            title=row[3],
            source=row[4],
            lead_id=row[5],
            value_minor=None if row[6] is None else Decimal(row[6]),
            currency=row[7],
            seconds=None if row[8] is None else Decimal(str(row[8])),
        )
        for row in asking.fetch(statement)
    ]
