"""
Runs an import: batch by batch, each with its place in one transaction.

A batch counts only if the import still stands where the batch began. So a killed run goes on where
its last batch ended, and of two runs of one import only one gets anywhere.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portal.actions import audit, import_files, import_reading
from portal.core import bulk
from portal.core.calendar import now
from portal.core.db import db
from portal.core.errors import PortalError
from portal.core.ids import new_id
from portal.core.tenancy import acting_as
from portal.ingest import facts, transactions
from portal.ingest.files import keep
from portal.ingest.files.feed import Batch, Fault, Feed
from portal.ingest.files.limits import ERRORS_KEPT
from portal.ingest.files.lines import Place
from portal.ingest.files.occurrences import Occurrences
from portal.ingest.files.values import BadFile
from portal.ingest.stored import Key
from portal.models.imports import Import, ImportBatch, ImportRefusal

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ERROR_COLUMNS = ("client_id", "import_id", "id", "line", "kind", "field", "reason", "content")
ENDED = {"done": "finished", "cancelled": "stopped"}
FAILURE_CHARACTERS = 500

Watch = Callable[[Import], None]


class Superseded(PortalError):
    """Another run of the same import got there first."""


@dataclass(frozen=True, slots=True)
class Spell:
    """How long one run may go on, and who watches it."""

    seconds: float = float("inf")
    watch: Watch = lambda _found: None


def run(client_id: UUID, import_id: UUID, spell: Spell | None = None) -> str:
    """
    Run an import, or an undoing, until its end or for as long as the spell lasts.

    Returns:
        Its state then; running or undoing means that there is more to do, here or by another run.
    """
    with acting_as(client_id):
        found = import_reading.get(import_id)
        try:
            return _run(found, spell or Spell())
        except Superseded:
            _reload(found)
            return found.state


def _run(found: Import, spell: Spell) -> str:
    if found.state == "undoing":
        return _undo(found, spell)
    if not _begin(found):
        return found.state
    try:
        return _import(found, spell)
    except BadFile as error:
        return _end(found, "failed", failure=str(error))
    except FileNotFoundError:
        return _end(found, "failed", failure="The file is no longer there.")


def fail(client_id: UUID, import_id: UUID, reason: str) -> None:
    """Say that an import stopped for a reason that is not its file's; it can be resumed."""
    with acting_as(client_id):
        found = import_reading.get(import_id)
        if found.state in {"waiting", "running", "undoing"}:
            _end(found, "failed", failure=reason)


def stop(client_id: UUID, import_id: UUID) -> None:
    """Say that whoever ran an import has stopped between two batches."""
    with acting_as(client_id):
        found = import_reading.get(import_id)
        if found.state in {"waiting", "running"}:
            _end(found, "cancelled")


def _begin(found: Import) -> bool:
    if found.state == "waiting":
        found.state = "running"
        found.started_at = found.started_at or now()
        db.session.commit()
    return found.state == "running"


def _import(found: Import, spell: Spell) -> str:
    setting = import_reading.setting_of(found)
    run_ = _run_of(found)
    deadline = time.monotonic() + spell.seconds
    db.session.commit()
    with Occurrences(import_files.folder()) as occurrences:
        feed = Feed(import_files.path_of(found.file_key), setting, occurrences)
        for batch in feed.batches(Place(found.offset, found.line)):
            _commit(found, run_, batch)
            spell.watch(found)
            if found.is_cancelled:
                return _end(found, "cancelled")
            if time.monotonic() > deadline:
                return found.state
    return _end(found, "done")


def _run_of(found: Import) -> keep.Run:
    started = found.started_at or now()
    undone = sa.select(Import.id).where(Import.state == "undone", Import.system == found.system)
    has_undone = db.session.scalars(undone.limit(1)).first() is not None
    version = (started - EPOCH) // timedelta(microseconds=1)
    return keep.Run(found.client_id, found.system, version, restores=has_undone)


def _commit(found: Import, run_: keep.Run, batch: Batch) -> None:
    """Store a batch and the new place in one transaction."""
    received_at = now()

    def work(connection: sa.Connection) -> None:
        _hold(connection, found)
        outcome = keep.keep(connection, run_, batch, received_at)
        _keep_faults(connection, found, outcome.faults)
        connection.execute(
            sa.insert(ImportBatch).values(
                client_id=found.client_id,
                import_id=found.id,
                number=found.batches + 1,
                received_at=received_at,
                kinds=sorted(batch.items),
            )
        )
        _advance(connection, found, batch, outcome)

    transactions.in_one(found.client_id, work)
    _reload(found)


def _hold(connection: sa.Connection, found: Import) -> None:
    """
    Lock the import, if it still stands where this run left it.

    Raises:
        Superseded: it does not.
    """
    standing = sa.select(Import.id).where(
        *_own(found), Import.state == "running", Import.offset == found.offset
    )
    if connection.execute(standing.with_for_update()).one_or_none() is None:
        raise Superseded


def _advance(connection: sa.Connection, found: Import, batch: Batch, outcome: keep.Outcome) -> None:
    connection.execute(
        sa.update(Import)
        .where(*_own(found))
        .values(
            offset=batch.end.offset,
            line=batch.end.line,
            batches=found.batches + 1,
            rows=found.rows + batch.rows,
            refused_rows=found.refused_rows + outcome.refused_rows,
            counts=_added(found.counts, outcome.counts),
        )
    )


def _own(found: Import) -> tuple[sa.ColumnElement[bool], ...]:
    return Import.client_id == found.client_id, Import.id == found.id


def _added(counts: dict[str, Any], more: dict[str, Counter[str]]) -> dict[str, Any]:
    kinds = dict.fromkeys((*counts, *more))
    return {
        kind: dict(Counter(counts.get(kind, {})) + Counter(more.get(kind, {}))) for kind in kinds
    }


def _keep_faults(connection: sa.Connection, found: Import, faults: list[Fault]) -> None:
    """Keep the first so many refusals; `refused_rows` counts them all."""
    room = max(ERRORS_KEPT - found.refused_rows, 0)
    rows = [
        (
            found.client_id,
            found.id,
            new_id(),
            fault.line,
            fault.kind,
            _storable(fault.field),
            _storable(fault.reason),
            _storable(fault.content),
        )
        for fault in faults[:room]
    ]
    bulk.insert(connection, ImportRefusal.__table__, ERROR_COLUMNS, rows)  # type: ignore[arg-type]


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "\\0")


def _undo(found: Import, spell: Spell) -> str:
    """Withdraw what each batch stored, the last one first."""
    deadline = time.monotonic() + spell.seconds
    while (batch := _last_batch(found)) is not None:
        db.session.commit()
        transactions.in_one(found.client_id, partial(_undo_batch, found, batch))
        _reload(found)
        spell.watch(found)
        if time.monotonic() > deadline:
            return found.state
    return _end(found, "undone")


def _last_batch(found: Import) -> ImportBatch | None:
    left = sa.select(ImportBatch).where(
        ImportBatch.import_id == found.id, ImportBatch.undone_at.is_(None)
    )
    return db.session.scalars(left.order_by(ImportBatch.number.desc()).limit(1)).first()


def _undo_batch(found: Import, batch: ImportBatch, connection: sa.Connection) -> None:
    own = (ImportBatch.client_id == found.client_id, ImportBatch.import_id == found.id)
    marked = connection.execute(
        sa.update(ImportBatch)
        .where(*own, ImportBatch.number == batch.number, ImportBatch.undone_at.is_(None))
        .values(undone_at=now())
        .returning(ImportBatch.number)
    ).one_or_none()
    if marked is None:
        raise Superseded
    key = Key(found.client_id, found.system)
    withdrawn = 0
    for kind in batch.kinds:
        ids = keep.first_received(connection, key, kind, batch.received_at)
        withdrawn += facts.withdraw_in(connection, found.client_id, kind, key, ids, now())
    connection.execute(
        sa.update(Import).where(*_own(found)).values(undone=Import.undone + withdrawn)
    )


def _end(found: Import, state: str, failure: str = "") -> str:
    found.state, found.failure = state, failure[:FAILURE_CHARACTERS]
    found.finished_at = now()
    audit.record(f"import.{ENDED.get(state, state)}", str(found.id), file=found.file_name)
    db.session.commit()
    return state


def _reload(found: Import) -> None:
    """Read the row as it was committed, and end the transaction that this began."""
    db.session.refresh(found)
    db.session.commit()
