"""Facts in: one list, one transaction, a verdict for each item."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from portal.catalog.calendars import calendar_of
from portal.core import bulk
from portal.core.calendar import now
from portal.core.collector import collection_paused
from portal.core.ids import new_id
from portal.core.registry import discover
from portal.ingest import hints, kinds, refusals, rows, stored, transactions, versions
from portal.ingest.days import Days
from portal.ingest.fold import History
from portal.ingest.kinds.kind import KINDS, FactKind, Version
from portal.ingest.refusals import Refusal, Refused
from portal.ingest.verdicts import Status, Verdict, Verdicts, count
from portal.rollups.marks import mark_days, mark_entities

discover(kinds)

CONFLICT = "another body is stored under this id and version"


class Arrival(msgspec.Struct, frozen=True):
    """One readable item of a list."""

    index: int
    sent: Any
    version: Version


@dataclass
class Batch:
    """One list on its way into the database."""

    client_id: UUID
    kind: FactKind
    system: str
    received_at: datetime
    groups: dict[str, list[Arrival]] = field(default_factory=dict)
    """Readable items by external id, in order of arrival."""
    refused: list[Refused] = field(default_factory=list)
    results: list[Verdict] = field(default_factory=list)


@collection_paused()
def store(
    client_id: UUID,
    kind: str,
    system: str,
    items: Sequence[Any],
    received_at: datetime | None = None,
) -> Verdicts:
    """
    Store a list of items of one kind, in one transaction of its own, and say what became of each.

    Args:
        client_id: whose facts they are.
        kind: a key of `KINDS`, such as "leads".
        system: the source system whose ids the items carry.
        items: objects as of the API contract; a `Refusal` stands for one that could not be read.
        received_at: when they arrived; now by default.
    """
    batch = Batch(client_id, KINDS[kind], system, received_at or now())
    for index, sent in enumerate(items):
        _read(batch, index, sent)
    read = len(batch.refused), list(batch.results)

    def work(connection: sa.Connection) -> Verdicts:
        del batch.refused[read[0] :]
        batch.results[:] = read[1]
        _store(connection, batch)
        return count(batch.results)

    return transactions.in_one(client_id, work)


def store_in(
    connection: sa.Connection,
    client_id: UUID,
    kind: str,
    system: str,
    items: Sequence[Any],
    received_at: datetime,
) -> Verdicts:
    """Store a list as part of the caller's transaction, which acts as the client."""
    batch = Batch(client_id, KINDS[kind], system, received_at)
    for index, sent in enumerate(items):
        _read(batch, index, sent)
    _store(connection, batch)
    return count(batch.results)


def withdraw_in(
    connection: sa.Connection,
    client_id: UUID,
    kind: str,
    key: stored.Key,
    ids: Sequence[str],
    received_at: datetime,
) -> int:
    """
    Withdraw facts as part of the caller's transaction; give how many there were.

    The withdrawal's version is above all that are known; facts withdrawn before stay so.
    """
    batch = Batch(client_id, KINDS[kind], key.system, received_at)
    known = stored.newest(connection, batch.kind, key, ids)
    for index, (id_, (number, hash_)) in enumerate(sorted(known.items())):
        gone = Version(number + 1, {}, b"{}", hash_, received_at, is_withdrawal=True)
        batch.groups[id_] = [Arrival(index, {"external_id": id_}, gone)]
    days = Days(calendar_of(client_id))
    entities: set[tuple[str, str]] = set()
    _update(connection, batch, list(batch.groups), days, entities)
    mark_days(connection, client_id, days.found)
    mark_entities(connection, client_id, entities)
    return len(known)


def _read(batch: Batch, index: int, sent: Any) -> None:
    try:
        if isinstance(sent, Refusal):
            raise sent
        version = versions.read(batch.kind, sent, batch.received_at)
    except Refusal as refusal:
        id_ = refusal.external_id or versions.id_of(sent)
        _refuse(batch, Verdict(index, id_, Status.REFUSED, refusal.field, refusal.reason), sent)
        return
    id_ = sent["external_id"]
    batch.groups.setdefault(id_, []).append(Arrival(index, sent, version))


def _refuse(batch: Batch, verdict: Verdict, sent: Any) -> None:
    batch.results.append(verdict)
    batch.refused.append(
        Refused(
            verdict.status, verdict.external_id, verdict.field or "", verdict.reason or "", sent
        )
    )


def _store(connection: sa.Connection, batch: Batch) -> None:
    days = Days(calendar_of(batch.client_id))
    entities: set[tuple[str, str]] = set()
    left = _insert(connection, batch, days, entities)
    if left:
        _update(connection, batch, left, days, entities)
    mark_days(connection, batch.client_id, days.found)
    mark_entities(connection, batch.client_id, entities)
    refusals.keep(
        connection,
        batch.client_id,
        batch.kind.key,
        batch.system,
        batch.received_at,
        batch.refused,
    )


def _insert(
    connection: sa.Connection, batch: Batch, days: Days, entities: set[tuple[str, str]]
) -> list[str]:
    """Insert what is new; give the ids that are known already, sorted."""
    kind, made = batch.kind, []
    # Sorted, so that two lists with the same ids wait for each other instead of deadlocking.
    ids = sorted(batch.groups)
    for id_ in ids:
        history, taken = _fold(kind, batch.groups[id_])
        identity = (batch.client_id, new_id(), batch.system, id_)
        row = rows.build(kind, days.calendar, identity, history, batch.received_at)
        made.append((row, history, taken))
    names = (*rows.columns(kind), *hints.COLUMNS)
    linked = hints.link(connection, kind, [one[0] for one in made])
    known = bulk.insert_new(connection, kind.table, names, linked, "external_id")
    kept: list[tuple[UUID, Version]] = []
    for row, history, taken in made:
        if row[3] not in known:
            days.add(rows.instants(kind, row))
            entities |= rows.entities(kind, row)
            _say(batch, taken)
            if len(history.versions) > 1:
                kept.extend((row[1], version) for version in history.versions)
    stored.keep_versions(connection, batch.client_id, kind, kept)
    return sorted(known)


def _update(
    connection: sa.Connection,
    batch: Batch,
    ids: list[str],
    days: Days,
    entities: set[tuple[str, str]],
) -> None:
    """Fold items into the facts that are there."""
    kind = batch.kind
    key = stored.Key(batch.client_id, batch.system)
    left = _without_repeats(connection, batch, key, ids)
    changes: list[rows.Row] = []
    kept: list[tuple[UUID, Version]] = []
    for fact in stored.lock(connection, kind, key, left):
        before = None if fact.is_placeholder else stored.row_of(kind, days.calendar, key, fact)
        history, taken = _fold(kind, batch.groups[fact.external_id], fact.history)
        _say(batch, taken)
        if not history.added:
            continue
        kept.extend(fact.versions_to_keep())
        identity = (batch.client_id, fact.id, batch.system, fact.external_id)
        after = rows.build(kind, days.calendar, identity, history, batch.received_at)
        changes.append(after)
        for row in (before, after):
            if row:
                days.add(rows.instants(kind, row))
                entities |= rows.entities(kind, row)
    stored.keep_versions(connection, batch.client_id, kind, kept)
    stored.change(connection, kind, changes)


def _without_repeats(
    connection: sa.Connection, batch: Batch, key: stored.Key, ids: list[str]
) -> list[str]:
    """Answer plain repeats without a lock: what was received once stays received."""
    known = stored.newest(connection, batch.kind, key, ids)
    left = []
    for id_ in ids:
        group = batch.groups[id_]
        if all((one.version.number, one.version.hash) == known.get(id_) for one in group):
            _say(batch, [(one, Status.DUPLICATE) for one in group])
        else:
            left.append(id_)
    return left


def _fold(
    kind: FactKind, group: list[Arrival], history: History | None = None
) -> tuple[History, list[tuple[Arrival, Status]]]:
    history = history or History(kind)
    return history, [(one, history.take(one.version)) for one in group]


def _say(batch: Batch, taken: list[tuple[Arrival, Status]]) -> None:
    for one, status in taken:
        id_ = one.sent["external_id"]
        if status is Status.CONFLICT:
            _refuse(batch, Verdict(one.index, id_, status, "version", CONFLICT), one.sent)
        else:
            batch.results.append(Verdict(one.index, id_, status))
