"""Reading the audit logs: one client's by its owner, all of them by the agency."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portal.core.db import db
from portal.models.accounts import AgencyAudit, AuditEntry
from portal.models.clients import Client

PAGE = 50
COLUMNS = ("id", "at", "action", "actor", "subject", "detail", "address")


@dataclass(frozen=True, slots=True)
class Filter:
    """What to look for; '' is anything. `before` is the last id of the page before."""

    action: str = ""
    actor: str = ""
    slug: str = ""
    before: UUID | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing done."""

    id: UUID
    at: datetime
    action: str
    actor: str
    subject: str
    detail: dict[str, Any]
    address: str
    client: str


def of_client(client_id: UUID, wanted: Filter) -> Sequence[Entry]:
    """Read a page of one client's log, newest first, and one row more if there is another page."""
    columns = [getattr(AuditEntry, name) for name in COLUMNS]
    query = sa.select(*columns, sa.literal("")).where(AuditEntry.client_id == client_id)
    return [Entry(*row) for row in db.session.execute(_newest(query, AuditEntry, wanted))]


def of_agency(connection: sa.Connection, wanted: Filter) -> Sequence[Entry]:
    """Read a page of all logs together; the connection is portal_platform's."""
    entries, agency = AuditEntry, AgencyAudit
    theirs = sa.select(*(getattr(entries, name) for name in COLUMNS), Client.slug).join(
        Client, Client.id == entries.client_id
    )
    queries = [_newest(theirs, entries, wanted)]
    if wanted.slug:
        queries[0] = queries[0].where(Client.slug == wanted.slug)
    else:
        ours = sa.select(*(getattr(agency, name) for name in COLUMNS), sa.literal(""))
        queries.append(_newest(ours, agency, wanted))
    rows = [Entry(*row) for query in queries for row in connection.execute(query)]
    return sorted(rows, key=lambda row: row.id.int, reverse=True)[: PAGE + 1]


def _newest(
    query: sa.Select[Any], log: type[AuditEntry] | type[AgencyAudit], wanted: Filter
) -> sa.Select[Any]:
    """Ids are made by time, so they are the order and the cursor at once."""
    if wanted.action:
        query = query.where(log.action.startswith(wanted.action, autoescape=True))
    if wanted.actor:
        query = query.where(log.actor.icontains(wanted.actor, autoescape=True))
    if wanted.before:
        query = query.where(log.id < wanted.before)
    return query.order_by(log.id.desc()).limit(PAGE + 1)
