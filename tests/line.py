"""The whole line in a few words: post items, sweep, look at what came of them."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.ingest import facts
from portal.rollups.sweep import sweep
from tests.derived import rows_of

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""A Monday morning in Berlin, long enough ago for every threshold."""


def at(hours: float) -> str:
    """The instant so many hours after START, as the API takes it."""
    return (START + timedelta(hours=hours)).isoformat()


def post(client_id: UUID, kind: str, *items: dict[str, Any], system: str = "crm") -> None:
    """Post items; each must be kept or known."""
    verdicts = facts.store(client_id, kind, system, list(items))
    assert not verdicts.refused, verdicts
    assert not verdicts.conflict, verdicts


def swept(client_id: UUID, table: str, *columns: str) -> set[tuple[Any, ...]]:
    """Sweep, and give some columns of one of the client's tables."""
    sweep()
    with acting_as(client_id):
        return {tuple(row[name] for name in columns) for row in rows_of(client_id, table)}


def total(client_id: UUID, measure: str, day: date | None = None, **dimensions: str) -> int:
    """Add up one measure in the rollups, of all days or of one."""
    wanted = " ".join(f"AND {name} = :{name}" for name in dimensions)
    sql = (
        "SELECT coalesce(sum(value), 0) FROM rollups WHERE client_id = :client"
        f" AND measure = :measure AND (CAST(:day AS date) IS NULL OR day = :day) {wanted}"
    )
    binds = {"client": client_id, "measure": measure, "day": day, **dimensions}
    with acting_as(client_id):
        return int(db.session.execute(sa.text(sql), binds).scalar_one())


def named(client_id: UUID) -> dict[UUID, str]:
    """A name for each fact that does not depend on the order of arrival."""
    tables = ("leads", "messages", "calls", "jobs", "payments", "funnel_events", "campaigns")
    return {
        row["id"]: f"{table}:{row['system']}:{row['external_id']}"
        for table in tables
        for row in rows_of(client_id, table)
    }


def without(row: Any, *columns: str) -> dict[str, Any]:
    """A row less some columns."""
    return {name: value for name, value in row.items() if name not in columns}


def ids_replaced(rows: Iterable[Any], names: dict[UUID, str]) -> list[str]:
    """Rows as sorted text, with ids that depend on the order of arrival replaced."""
    made = []
    for row in rows:
        values = without(row, "client_id").items()
        made.append(str({k: names.get(v, v) if isinstance(v, UUID) else v for k, v in values}))
    return sorted(made)
