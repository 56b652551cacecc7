"""What arrived, as it was sent: facts, events and refusals in the order of their receipt."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portal.core.db import Base, db
from portal.models.facts.fact import UNVERSIONED

EVENTS = "events"
Place = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: half-open intervals, a place to go on from, and how many."""

    start: datetime | None = None
    end: datetime | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    event: str | None = None
    after: Place | None = None
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class Arrival:
    """One row as the API shows it, and its place in the order."""

    place: Place
    shown: Mapping[str, Any]


def facts(client_id: UUID, table: str, wanted: Wanted) -> list[Arrival]:
    """Read facts of one table; the caller acts as the client."""
    own = Base.metadata.tables[table]
    statement = _bounded(sa.select(*_columns(own)), own, client_id, wanted)
    if "is_placeholder" in own.columns:
        statement = statement.where(~own.c.is_placeholder)
    return [_fact(row) for row in _page(statement, (own.c.received_at, own.c.id), wanted)]


def events(client_id: UUID, wanted: Wanted) -> list[Arrival]:
    """Read product events; the caller acts as the client."""
    own = Base.metadata.tables[EVENTS]
    statement = _bounded(sa.select(own), own, client_id, wanted)
    if wanted.event is not None:
        statement = statement.where(own.c.name == wanted.event)
    order = (own.c.received_at, own.c.message_id, own.c.system)
    return [_event(row) for row in _page(statement, order, wanted)]


def _columns(own: sa.Table) -> list[sa.ColumnElement[Any]]:
    names = ("received_at", "id", "external_id", "system", "version", "body", "withdrawn_at")
    return [own.c[name] for name in names]


def _bounded(
    statement: sa.Select[Any], own: sa.Table, client_id: UUID, wanted: Wanted
) -> sa.Select[Any]:
    statement = statement.where(own.c.client_id == client_id)
    bounds = (
        (wanted.start, own.c.occurred_at.__ge__),
        (wanted.end, own.c.occurred_at.__lt__),
        (wanted.received_from, own.c.received_at.__ge__),
        (wanted.received_to, own.c.received_at.__lt__),
    )
    return statement.where(*(compare(bound) for bound, compare in bounds if bound is not None))


def _page(
    statement: sa.Select[Any], order: tuple[sa.ColumnElement[Any], ...], wanted: Wanted
) -> list[Any]:
    if wanted.after is not None:
        statement = statement.where(sa.tuple_(*order) > sa.tuple_(*wanted.after))
    return list(db.session.execute(statement.order_by(*order).limit(wanted.limit)).all())


def _fact(row: Any) -> Arrival:
    shown = {
        "external_id": row.external_id,
        "system": row.system,
        **row.body,
        "version": None if row.version == UNVERSIONED else row.version,
        "received_at": row.received_at,
        "withdrawn_at": row.withdrawn_at,
    }
    return Arrival((row.received_at, row.id), shown)


def _event(row: Any) -> Arrival:
    shown = {
        "id": row.message_id,
        "system": row.system,
        "type": row.type,
        "event": row.name,
        "timestamp": row.timestamp or row.occurred_at,
        "occurred_at": row.occurred_at,
        "sent_at": row.sent_at,
        "user_id": row.user_id or None,
        "anonymous_id": row.anonymous_id or None,
        "previous_id": row.previous_id or None,
        "properties": row.properties,
        "context": row.context,
        "received_at": row.received_at,
    }
    return Arrival((row.received_at, row.message_id, row.system), shown)
