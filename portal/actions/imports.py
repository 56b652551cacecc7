"""Imports: a file is taken in, mapped, started, stopped, resumed and undone."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from portal.actions import audit, import_files, import_reading
from portal.core.actor import current_actor
from portal.core.calendar import now
from portal.core.db import db
from portal.core.errors import Conflict, Refused
from portal.core.ids import new_id
from portal.core.queue import enqueue
from portal.core.tenancy import current_client_id
from portal.ingest.files import guess, maps, sniff
from portal.ingest.files.layout import Layout
from portal.ingest.files.maps import Map
from portal.ingest.files.values import BadFile
from portal.models.imports import Import, ImportMap

SYSTEM = "file"
SYSTEM_CHARACTERS = 255
WORKING = frozenset({"waiting", "running", "undoing"})


def add(taken: import_files.Incoming, file_name: str, kind: str, system: str = "") -> Import:
    """
    Keep an uploaded file as a draft, with guesses of how it is written and what it holds.

    Raises:
        Refused: it is no table that can be read.
    """
    key = taken.keep()
    try:
        layout = sniff.guess(import_files.path_of(key))
    except BadFile as error:
        import_files.remove(key)
        raise Refused(f"This file cannot be imported: {error}.", field="file") from error
    map_ = proposed(kind, layout)
    actor = current_actor()
    made = Import(
        client_id=current_client_id(),
        id=new_id(),
        created_at=now(),
        created_by=actor.user_id,
        author=actor.name,
        file_name=import_files.shown_name(file_name),
        file_key=key,
        size=taken.size,
        sha256=taken.sha256,
        kind=kind,
        system=checked_system(system or map_.system or SYSTEM),
        layout=plain(layout),
        map=plain(map_),
    )
    db.session.add(made)
    audit.record("import.uploaded", str(made.id), file=made.file_name, bytes=made.size)
    db.session.commit()
    return made


def proposed(kind: str, layout: Layout) -> Map:
    """Take the newest saved map that fits the file, else a shipped one, else guess."""
    saved = [import_reading.decoded(row) for row in import_reading.saved_maps()]
    shipped = [maps.shipped()[key] for key in maps.fitting(layout)]
    for map_ in (*saved, *shipped):
        if (not kind or kind in map_.kinds) and not maps.problems(map_, layout):
            return map_
    return guess.propose(kind or "leads", layout)


def configure(found: Import, layout: Layout, map_: Map, system: str) -> None:
    """
    Correct how a draft is read and mapped; its columns are looked at anew.

    Raises:
        Conflict: it has begun, so what it does is settled.
        Refused: the file cannot be read that way.
    """
    if found.rows or found.state not in {"draft", "cancelled", "failed"}:
        raise Conflict("This import has begun; its map can no longer be changed.")
    try:
        layout = sniff.again(import_files.path_of(found.file_key), layout)
    except (BadFile, LookupError) as error:
        raise Refused(f"The file cannot be read like that: {error}.") from error
    found.layout, found.map = plain(layout), plain(map_)
    found.system = checked_system(system)
    db.session.commit()


def start(found: Import, *, in_worker: bool = True) -> None:
    """
    Let a draft, or what was cancelled or failed, run (on) in a worker, or by the caller.

    Raises:
        Refused: the map lacks something; the text says what.
        Conflict: it runs, or is done.
    """
    import_reading.check(found)
    if found.state in WORKING and import_reading.is_stalled(found):
        _ask_worker(found)
        db.session.commit()
        return
    audit.record("import.started", str(found.id), file=found.file_name)
    if in_worker:
        _ask_worker(found)
    _move(found, ("draft", "cancelled", "failed"), "waiting", is_cancelled=False, failure="")


def cancel(found: Import) -> None:
    """
    Stop an import: one that waits at once, one that runs after the rows in hand.

    Raises:
        Conflict: it does not run.
    """
    audit.record("import.cancelled", str(found.id))
    if _try_move(found, ("waiting",), "cancelled", is_cancelled=True, finished_at=now()):
        return
    _move(found, ("running",), "running", is_cancelled=True)


def undo(found: Import, *, in_worker: bool = True) -> None:
    """
    Let a worker, or the caller, withdraw what an import stored.

    Raises:
        Conflict: it runs, or stored nothing.
    """
    if not found.batches:
        raise Conflict("This import stored nothing.")
    audit.record("import.undone", str(found.id), file=found.file_name)
    if in_worker:
        _ask_worker(found)
    _move(found, ("done", "cancelled", "failed"), "undoing", is_cancelled=False, failure="")


def discard(found: Import) -> None:
    """
    Delete an import that stored nothing, with its file.

    Raises:
        Conflict: it runs, or stored something.
    """
    if found.batches or found.state in {"waiting", "running", "undoing"}:
        raise Conflict("This import has begun; cancel or undo it instead.")
    audit.record("import.discarded", str(found.id), file=found.file_name)
    db.session.delete(found)
    db.session.commit()
    import_files.remove(found.file_key)


def save_map(name: str, map_: Map) -> None:
    """
    Save a map under a name; one of that name is replaced.

    Raises:
        Refused: the name is empty or too long.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= import_files.NAME_CHARACTERS:
        raise Refused("A map's name has 1 to 120 characters.", field="name")
    found = db.session.scalars(sa.select(ImportMap).where(ImportMap.name == name)).one_or_none()
    if found is None:
        found = ImportMap(client_id=current_client_id(), id=new_id(), name=name)
        db.session.add(found)
    found.map = plain(msgspec.structs.replace(map_, name=name))
    found.created_at, found.author = now(), current_actor().name
    audit.record("import_map.saved", name)
    db.session.commit()


def plain(value: Any) -> Any:
    """Give what a JSON column keeps."""
    return msgspec.to_builtins(value)


def checked_system(name: str) -> str:
    """
    Check the name of a source system.

    Raises:
        Refused: it is empty, too long, or holds control characters.
    """
    name = name.strip()
    if not 0 < len(name) <= SYSTEM_CHARACTERS or not name.isprintable():
        raise Refused("A source system has a name of 1 to 255 characters.", field="system")
    return name


def _ask_worker(found: Import) -> None:
    """Ask in the transaction that changes the state; of two runs only one gets anywhere."""
    enqueue(import_reading.TASK, client_id=found.client_id, import_id=str(found.id))


def _move(found: Import, states: tuple[str, ...], to: str, **columns: Any) -> None:
    if not _try_move(found, states, to, **columns):
        db.session.rollback()
        raise Conflict(f"This import is {found.state}.")


def _try_move(found: Import, states: tuple[str, ...], to: str, **columns: Any) -> bool:
    """Change the state if it is still one of `states`, and commit."""
    values: dict[str, str | bool | datetime] = {"state": to, **columns}
    moved = db.session.execute(
        sa.update(Import)
        .where(
            Import.client_id == current_client_id(),
            Import.id == found.id,
            Import.state.in_(states),
        )
        .values(values)
        .returning(Import.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if moved is None:
        return False
    db.session.commit()
    db.session.refresh(found)
    return True
