"""
Marks: what must be rolled up again, and whose derived rows must be rebuilt.

Append-only, so that two writers of one client and day never wait for each other. Whoever changes a
fact writes them in the same transaction; the sweep deletes them before it reads facts.
"""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from portal.core import bulk
from portal.core.db import Base
from portal.core.ids import new_ids

ENTITY_KINDS = ("lead", "contact", "conversation", "campaign", "job", "payment", "actor")
SETTING_KINDS = ("calendar", "hours", "meanings", "plan")
"""Marks that a changed setting leaves, under the same table; `ref` is a day or a dash."""


def mark_days(connection: sa.Connection, client_id: UUID, days: Iterable[date]) -> None:
    """Note that the client's local `days` must be rolled up again; the caller commits."""
    table = Base.metadata.tables["day_marks"]
    found = sorted(set(days))
    rows = [(client_id, id_, day) for id_, day in zip(new_ids(len(found)), found, strict=True)]
    bulk.insert(connection, table, ("client_id", "id", "day"), rows)


def mark_entities(
    connection: sa.Connection, client_id: UUID, pairs: Iterable[tuple[str, str]]
) -> None:
    """Note (kind, sender's id) `pairs` whose derived rows must be rebuilt; the caller commits."""
    table = Base.metadata.tables["entity_marks"]
    found = {pair for pair in pairs if pair[1]}
    rows = [(client_id, id_, *pair) for id_, pair in zip(new_ids(len(found)), found, strict=True)]
    bulk.insert(connection, table, ("client_id", "id", "kind", "ref"), rows)


def mark_calendar(connection: sa.Connection, client_id: UUID, from_on: date) -> None:
    """Note that the client's zone changed from local day `from_on` on; the caller commits."""
    mark_entities(connection, client_id, [("calendar", from_on.isoformat())])


def mark_hours(connection: sa.Connection, client_id: UUID) -> None:
    """Note that the client's business hours changed; the caller commits."""
    mark_entities(connection, client_id, [("hours", "-")])


def mark_meanings(connection: sa.Connection, client_id: UUID) -> None:
    """Note that the meaning of the client's stages changed; the caller commits."""
    mark_entities(connection, client_id, [("meanings", "-")])


def mark_plan(connection: sa.Connection, client_id: UUID) -> None:
    """Note that what the client pays us changed, or that a date in it came; the caller commits."""
    mark_entities(connection, client_id, [("plan", "-")])
