"""Stores a batch within the caller's transaction, and says what became of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from portal.ingest import facts
from portal.ingest.files.feed import Batch, Fault, shown
from portal.ingest.files.recipes import Item
from portal.ingest.files.records import as_bytes
from portal.ingest.kinds.kind import KINDS
from portal.ingest.stored import Key
from portal.ingest.verdicts import Status
from portal.models.facts.fact import UNVERSIONED

MICROSECONDS_FROM = 10**15
"""A version from here on is an instant, as ours is; below, it is a number of the sender's own."""


@dataclass(frozen=True, slots=True)
class Run:
    """What all batches of one import share."""

    client_id: UUID
    system: str
    version: int
    """Its start in microseconds: the version of rows that change what is known."""
    restores: bool = False
    """Whether an import was undone before: then what is withdrawn comes back."""


@dataclass(slots=True)
class Outcome:
    """What became of a batch."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def refused_rows(self) -> int:
        """Rows of which something was refused."""
        return len({fault.line for fault in self.faults})


class Known(NamedTuple):
    """What is stored under an id."""

    version: int
    hash: bytes
    is_withdrawn: bool


def keep(connection: sa.Connection, run: Run, batch: Batch, received_at: datetime) -> Outcome:
    """
    Store the batch; the caller commits.

    A row with new content for a known id gets the import's start as its version, so that a newer
    export of the same things brings them up to date, and the same file again changes nothing.
    """
    outcome = Outcome(faults=list(batch.faults))
    for fault in batch.faults:
        if fault.kind:
            outcome.counts.setdefault(fault.kind, Counter())["refused"] += 1
    for kind, number in batch.repeats.items():
        outcome.counts.setdefault(kind, Counter())[Status.DUPLICATE.value] += number
    for kind, items in batch.items.items():
        _keep_kind(connection, run, kind, (items, batch, outcome), received_at)
    return outcome


def _keep_kind(
    connection: sa.Connection,
    run: Run,
    kind: str,
    parts: tuple[list[Item], Batch, Outcome],
    received_at: datetime,
) -> None:
    items, batch, outcome = parts
    known = _known(connection, run, kind, [item["external_id"] for item in items])
    sent = [_versioned(item, known, run) for item in items]
    verdicts = facts.store_in(connection, run.client_id, kind, run.system, sent, received_at)
    counts = outcome.counts.setdefault(kind, Counter())
    for verdict in verdicts.results:
        counts[str(verdict.status)] += 1
        if verdict.reason:
            record = batch.records[kind][verdict.index]
            outcome.faults.append(
                Fault(record.line, kind, verdict.field or "", verdict.reason, shown(record))
            )


def _known(connection: sa.Connection, run: Run, kind: str, ids: list[str]) -> Mapping[str, Known]:
    sql = f"""
        SELECT external_id, version, body_hash, withdrawn_at IS NOT NULL
        FROM {KINDS[kind].key}
        WHERE client_id = %s AND system = %s AND external_id = ANY(%s)"""  # noqa: S608 - our names
    found = connection.exec_driver_sql(sql, (run.client_id, run.system, ids))
    return {id_: Known(version, bytes(hash_), gone) for id_, version, hash_, gone in found}


def _versioned(item: Item, known: Mapping[str, Known], run: Run) -> Item:
    stored = known.get(item["external_id"])
    if stored is None or "version" in item or "updated_at" in item:
        return item
    if stored.is_withdrawn:
        return {**item, "version": run.version} if run.restores else item
    if stored.hash == _hash(item):
        # As version -1 it could meet an older, other body of that number.
        return {**item, "version": stored.version} if stored.version > UNVERSIONED else item
    is_numbered = UNVERSIONED < stored.version < MICROSECONDS_FROM
    return item if is_numbered else {**item, "version": run.version}


def _hash(item: dict[str, Any]) -> bytes:
    body = {name: item[name] for name in item if name != "external_id"}
    return sha256(as_bytes(body)).digest()


def first_received(connection: sa.Connection, key: Key, kind: str, at: datetime) -> list[str]:
    """Give the ids of facts that were first received at that instant and still stand."""
    sql = f"""
        SELECT external_id FROM {KINDS[kind].key}
        WHERE client_id = %s AND system = %s AND received_at = %s AND withdrawn_at IS NULL
        ORDER BY external_id"""  # noqa: S608 - our models' own names
    return list(connection.exec_driver_sql(sql, (*key, at)).scalars())
