"""How late what arrives is: for those who run the portal, not for its pages."""

from dataclasses import dataclass

import sqlalchemy as sa

from portal.core.db import Base

RECENT = "interval '5 minutes'"


@dataclass(frozen=True, slots=True)
class Arriving:
    """What came in last, of one kind, over all clients."""

    kind: str
    age_seconds: float
    """Since the newest arrived."""
    lag_seconds: float | None
    """From happening to arriving, the worst of each client's newest; None when nothing came."""


def arriving(connection: sa.Connection) -> list[Arriving]:
    """Look at the newest row of each kind and client, as portal_platform."""
    rows = connection.execute(sa.text(" UNION ALL ".join(_newest(kind) for kind in _kinds())))
    return [Arriving(kind, float(age), lag and float(lag)) for kind, age, lag in rows if age]


def _kinds() -> list[str]:
    wanted = {"client_id", "received_at", "occurred_at"}
    tables = Base.metadata.tables
    return sorted(name for name, table in tables.items() if wanted <= set(table.columns.keys()))


def _newest(kind: str) -> str:
    return f"""
        SELECT '{kind}', extract(epoch FROM now() - max(newest.received_at)),
          greatest(0, extract(epoch FROM max(newest.received_at - newest.occurred_at)
            FILTER (WHERE newest.received_at > now() - {RECENT})))
        FROM clients CROSS JOIN LATERAL (
          SELECT f.received_at, f.occurred_at FROM {kind} f WHERE f.client_id = clients.id
          ORDER BY f.received_at DESC LIMIT 1) AS newest"""
