"""What arrived last, newest first, whatever its kind: facts, events and refused items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portal.catalog.arrivals import EVENTS
from portal.core.db import Base, db

SEARCHED = 2_000
"""Newest rows of each kind that a search looks through."""
REFUSALS = "ingest_refusals"
Place = tuple[datetime, str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that arrived."""

    kind: str
    key: str
    """Unique within its kind, and part of the order."""
    external_id: str
    system: str
    received_at: datetime
    occurred_at: datetime | None
    body: Mapping[str, Any]
    withdrawn_at: datetime | None = None
    status: str = "stored"
    field: str = ""
    reason: str = ""
    text: str = ""
    """A refused item as it came."""

    @property
    def place(self) -> Place:
        """Where it stands in the list."""
        return self.received_at, self.kind, self.key


def newest(
    client_id: UUID,
    kinds: Sequence[str],
    *,
    search: str = "",
    before: Place | None = None,
    limit: int = 50,
) -> list[Line]:
    """
    List what arrived, newest first; the caller acts as the client.

    Args:
        client_id: whose.
        kinds: tables of facts, `events`.
        search: text that the id or the body holds.
        before: the place of the last line of the page before.
        limit: how many.
    """
    parts = [_part(client_id, kind, search, before, limit) for kind in kinds]
    return _merged(sa.union_all(*parts), limit)


def refused(
    client_id: UUID,
    kinds: Sequence[str],
    *,
    search: str = "",
    before: Place | None = None,
    limit: int = 50,
) -> list[Line]:
    """List what was refused or in conflict, newest first; arguments as of `newest`."""
    own = Base.metadata.tables[REFUSALS]
    statement = sa.select(own).where(own.c.client_id == client_id, own.c.kind.in_(kinds))
    if before is not None:
        place = (before[0], UUID(before[2]))
        statement = statement.where(sa.tuple_(own.c.received_at, own.c.id) < sa.tuple_(*place))
    if search:
        like = _like(search)
        columns = (own.c.external_id, own.c.reason, own.c.item)
        statement = statement.where(sa.or_(*(c.ilike(like, escape="\\") for c in columns)))
    order = (own.c.received_at.desc(), own.c.id.desc())
    return [_refusal(row) for row in db.session.execute(statement.order_by(*order).limit(limit))]


def count_refused(client_id: UUID, since: datetime) -> int:
    """Count what was refused or in conflict since an instant; the caller acts as the client."""
    own = Base.metadata.tables[REFUSALS]
    statement = sa.select(sa.func.count()).where(
        own.c.client_id == client_id, own.c.received_at >= since
    )
    return int(db.session.execute(statement).scalar_one())


def _part(
    client_id: UUID, kind: str, search: str, before: Place | None, limit: int
) -> sa.Select[Any]:
    own = Base.metadata.tables[kind]
    key = own.c.message_id if kind == EVENTS else own.c.id
    statement = sa.select(*_columns(own, kind)).where(own.c.client_id == client_id)
    if "is_placeholder" in own.columns:
        statement = statement.where(~own.c.is_placeholder)
    if before is not None:
        statement = statement.where(_earlier(own.c.received_at, key, kind, before))
    ordered = statement.order_by(own.c.received_at.desc(), key.desc())
    if not search:
        return sa.select(ordered.limit(limit).subquery())
    found = ordered.limit(SEARCHED).subquery()
    like = _like(search)
    held = sa.or_(
        found.c.external_id.ilike(like, escape="\\"),
        sa.cast(found.c.body, sa.Text).ilike(like, escape="\\"),
    )
    return sa.select(found).where(held).limit(limit)


def _columns(own: sa.Table, kind: str) -> list[sa.ColumnElement[Any]]:
    is_event = kind == EVENTS
    body = own.c.body if not is_event else _event_body(own)
    return [
        sa.literal(kind).label("kind"),
        (own.c.message_id if is_event else sa.cast(own.c.id, sa.Text)).label("key"),
        (own.c.message_id if is_event else own.c.external_id).label("external_id"),
        own.c.system,
        own.c.received_at,
        own.c.occurred_at,
        body.label("body"),
        (sa.cast(sa.null(), sa.DateTime(timezone=True)) if is_event else own.c.withdrawn_at).label(
            "withdrawn_at"
        ),
    ]


def _event_body(own: sa.Table) -> sa.ColumnElement[Any]:
    named = ("type", "name", "user_id", "anonymous_id", "properties", "context")
    pairs = [part for name in named for part in (sa.literal(name), own.c[name])]
    return sa.func.jsonb_build_object(*pairs)


def _earlier(
    received_at: sa.ColumnElement[Any], key: sa.ColumnElement[Any], kind: str, before: Place
) -> sa.ColumnElement[bool]:
    """Whether a row of `kind` stands after the place: newest first, then kinds and keys down."""
    at, last_kind, last_key = before
    if kind > last_kind:
        return received_at < at
    if kind < last_kind:
        return received_at <= at
    last = last_key if kind == EVENTS else UUID(last_key)
    return sa.tuple_(received_at, key) < sa.tuple_(at, last)


def _merged(statement: sa.CompoundSelect[Any], limit: int) -> list[Line]:
    lines = [Line(*row) for row in db.session.execute(statement)]
    # Each kind comes in its own order already, and sorting keeps it.
    lines.sort(key=lambda line: (line.received_at, line.kind), reverse=True)
    return lines[:limit]


def _refusal(row: Any) -> Line:
    return Line(
        row.kind,
        str(row.id),
        row.external_id,
        row.system,
        row.received_at,
        None,
        {},
        status=row.status,
        field=row.field,
        reason=row.reason,
        text=row.item,
    )


def _like(search: str) -> str:
    escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
