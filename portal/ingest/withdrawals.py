"""Taking a fact back: a version that says so. Its number follows, its trail stays."""

import hashlib
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal.catalog.calendars import calendar_of
from portal.core.calendar import now
from portal.core.errors import NotFound
from portal.ingest import rows, stored, transactions
from portal.ingest.days import Days
from portal.ingest.kinds.kind import KINDS, FactKind, Version
from portal.ingest.verdicts import Status, Verdict
from portal.rollups.marks import mark_days, mark_entities

HASH = hashlib.sha256(b"withdrawn").digest()
CONFLICT = "a fact is stored under this version"


def withdraw(
    client_id: UUID,
    kind: str,
    system: str,
    external_id: str,
    *,
    version: int | None = None,
    received_at: datetime | None = None,
) -> Verdict:
    """
    Withdraw one fact, in a transaction of its own.

    Args:
        client_id: whose fact it is.
        kind: a key of `KINDS`.
        system: the source system of its id.
        external_id: the sender's id.
        version: where this stands among its versions; above all known by default.
        received_at: when it was asked for; now by default.

    Raises:
        NotFound: there is no such fact.
    """
    own = KINDS[kind]
    key = stored.Key(client_id, system)
    at = received_at or now()

    def work(connection: sa.Connection) -> Verdict:
        return _withdraw(connection, own, key, external_id, version, at)

    return transactions.in_one(client_id, work)


def _withdraw(
    connection: sa.Connection,
    kind: FactKind,
    key: stored.Key,
    external_id: str,
    version: int | None,
    at: datetime,
) -> Verdict:
    found = stored.lock(connection, kind, key, [external_id])
    if not found or found[0].is_placeholder:
        raise NotFound(f"There is no fact {external_id[:80]!r} of kind {kind.key}.")
    fact = found[0]
    days = Days(calendar_of(key.client_id))
    before = stored.row_of(kind, days.calendar, key, fact)
    status = _take(fact, version, at)
    if fact.history.added:
        stored.keep_versions(connection, key.client_id, kind, list(fact.versions_to_keep()))
        identity = (key.client_id, fact.id, key.system, external_id)
        after = rows.build(kind, days.calendar, identity, fact.history, at)
        stored.change(connection, kind, [after])
        days.add((*rows.instants(kind, before), *rows.instants(kind, after)))
        mark_days(connection, key.client_id, days.found)
        mark_entities(connection, key.client_id, rows.entities(kind, after))
    is_conflict = status is Status.CONFLICT
    return Verdict(
        0,
        external_id,
        status,
        "version" if is_conflict else None,
        CONFLICT if is_conflict else None,
    )


def _take(fact: stored.Stored, version: int | None, at: datetime) -> Status:
    if version is None and fact.history.withdrawn_at is not None:
        return Status.DUPLICATE
    number = max(fact.history.versions[-1].number, 0) + 1 if version is None else version
    return fact.history.take(Version(number, {}, b"{}", HASH, at, None, True))  # noqa: FBT003
