"""Imports: a file is taken in, mapped, started, stopped, resumed and undone."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from portal.actions import audit, import_files
from portal.core.actor import current_actor
from portal.core.calendar import now
from portal.core.db import db
from portal.core.errors import Conflict, NotFound, Refused
from portal.core.ids import new_id
from portal.core.tenancy import current_client_id
from portal.ingest.files import guess, maps, sniff
from portal.ingest.files.layout import Layout
from portal.ingest.files.maps import Map
from portal.ingest.files.values import BadFile
from portal.models.imports import Import, ImportMap

SYSTEM = "file"
SYSTEM_CHARACTERS = 255
SHOWN = 200


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
    saved = [decoded(row) for row in saved_maps()]
    shipped = [maps.shipped()[key] for key in maps.fitting(layout)]
    for map_ in (*saved, *shipped):
        if (not kind or kind in map_.kinds) and not maps.problems(map_, layout):
            return map_
    return guess.propose(kind or "leads", layout)


def get(import_id: UUID) -> Import:
    """
    Give an import of the client in scope.

    Raises:
        NotFound: there is none of that id.
    """
    found = db.session.scalars(sa.select(Import).where(Import.id == import_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such import.")
    return found


def listed() -> list[Import]:
    """The client's imports, newest first."""
    newest = sa.select(Import).order_by(Import.created_at.desc()).limit(SHOWN)
    return list(db.session.scalars(newest))


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


def start(found: Import) -> None:
    """
    Let a draft, or what was cancelled or failed, run (on) in a worker.

    Raises:
        Refused: the map lacks something; the text says what.
        Conflict: it runs, or is done.
    """
    check(found)
    _move(found, ("draft", "cancelled", "failed"), "waiting", is_cancelled=False, failure="")
    audit.record("import.started", str(found.id), file=found.file_name)


def check(found: Import) -> None:
    """
    See that an import can run.

    Raises:
        Refused: the map lacks something.
        NotFound: its file is gone.
    """
    if not found.file_key or not import_files.path_of(found.file_key).exists():
        raise NotFound("The file of this import is no longer there.")
    if problems := maps.problems(map_of(found), layout_of(found)):
        raise Refused("; ".join(problems), field="map")


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


def undo(found: Import) -> None:
    """
    Let a worker withdraw what an import stored.

    Raises:
        Conflict: it runs, or stored nothing.
    """
    if not found.batches:
        raise Conflict("This import stored nothing.")
    audit.record("import.undone", str(found.id), file=found.file_name)
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


def earlier(found: Import) -> Import | None:
    """Find an import of the same bytes by the same map that is done already."""
    same = sa.select(Import).where(
        Import.id != found.id,
        Import.sha256 == found.sha256,
        Import.system == found.system,
        Import.map == found.map,
        Import.state == "done",
    )
    return db.session.scalars(same.order_by(Import.created_at.desc()).limit(1)).first()


def saved_maps() -> list[ImportMap]:
    """The client's saved maps, newest first."""
    return list(db.session.scalars(sa.select(ImportMap).order_by(ImportMap.created_at.desc())))


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


def layout_of(found: Import) -> Layout:
    """How the file of an import is read."""
    return msgspec.convert(found.layout, Layout)


def map_of(found: Import) -> Map:
    """What an import makes of its rows."""
    return msgspec.convert(found.map, Map)


def decoded(saved: ImportMap) -> Map:
    """Give a saved map."""
    return msgspec.convert(saved.map, Map)


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
