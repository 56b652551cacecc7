"""What is known of imports: one, all, how it is read, what it would do, what it refused."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from portal.actions import import_files
from portal.catalog.calendars import calendar_of
from portal.core.db import db
from portal.core.errors import NotFound, Refused
from portal.core.tenancy import current_client_id
from portal.ingest.files import maps, preview
from portal.ingest.files.layout import Layout
from portal.ingest.files.maps import Map
from portal.ingest.files.recipes import Setting
from portal.ingest.files.values import BadFile
from portal.models.clients import Client
from portal.models.imports import Import, ImportMap, ImportRefusal
from portal.models.task_runs import TaskRun

SHOWN = 200
PAGE = 1000
TASK = "imports.run"


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


def of_all_clients(connection: sa.Connection) -> Sequence[Any]:
    """Give the newest imports of all clients; for a connection as portal_platform."""
    shown = ("id", "file_name", "state", "rows", "refused_rows", "created_at", "author")
    own = [Import.__table__.c[name] for name in shown]
    newest = (
        sa.select(*own, Client.slug, Client.name.label("client"))
        .join(Client, Client.id == Import.client_id)
        .order_by(Import.created_at.desc())
        .limit(SHOWN)
    )
    return connection.execute(newest).all()


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


def setting_of(found: Import) -> Setting:
    """All that reading the file of an import depends on."""
    return Setting(map_of(found), layout_of(found), calendar_of(found.client_id))


def previewed(found: Import, layout: Layout, map_: Map) -> preview.Preview:
    """
    Show what the first rows would become by a map that need not be kept yet.

    Raises:
        Refused: the map cannot be used.
    """
    try:
        setting = Setting(map_, layout, calendar_of(found.client_id))
        return preview.preview(import_files.path_of(found.file_key), setting, import_files.folder())
    except BadFile as error:
        raise Refused(str(error), field="map") from error


def checked(found: Import) -> preview.Check:
    """
    Say what the whole file would become.

    Raises:
        Refused: the map lacks something, or cannot be used.
    """
    check(found)
    setting = setting_of(found)
    db.session.commit()  # reading takes long, and the database ends transactions that idle
    try:
        return preview.check(import_files.path_of(found.file_key), setting, import_files.folder())
    except BadFile as error:
        raise Refused(str(error), field="map") from error


def error_rows(import_id: UUID) -> Iterator[tuple[int, str, str, str, str]]:
    """Give the refused rows of an import in the order of its lines, a page at a time."""
    last = (0, UUID(int=0))
    while True:
        page = db.session.execute(
            sa.select(
                ImportRefusal.line,
                ImportRefusal.id,
                ImportRefusal.kind,
                ImportRefusal.field,
                ImportRefusal.reason,
                ImportRefusal.content,
            )
            .where(
                ImportRefusal.client_id == current_client_id(),
                ImportRefusal.import_id == import_id,
                sa.tuple_(ImportRefusal.line, ImportRefusal.id) > last,
            )
            .order_by(ImportRefusal.line, ImportRefusal.id)
            .limit(PAGE)
        ).all()
        yield from ((row.line, row.kind, row.field, row.reason, row.content) for row in page)
        if len(page) < PAGE:
            return
        last = (page[-1].line, page[-1].id)


def first_errors(import_id: UUID, most: int) -> list[tuple[int, str, str, str, str]]:
    """Give the first refused rows."""
    return list(islice(error_rows(import_id), most))


def is_stalled(found: Import) -> bool:
    """Whether an import that should move has no worker and waits for none."""
    live = sa.select(TaskRun.id).where(
        TaskRun.client_id == found.client_id,
        TaskRun.task == TASK,
        TaskRun.state.in_(("queued", "running")),
        TaskRun.arguments["import_id"].astext == str(found.id),
    )
    return db.session.execute(live.limit(1)).first() is None


def saved_maps() -> list[ImportMap]:
    """The client's saved maps, newest first."""
    return list(db.session.scalars(sa.select(ImportMap).order_by(ImportMap.created_at.desc())))


def layout_of(found: Import) -> Layout:
    """How the file of an import is read."""
    return msgspec.convert(found.layout, Layout)


def map_of(found: Import) -> Map:
    """What an import makes of its rows."""
    return msgspec.convert(found.map, Map)


def decoded(saved: ImportMap) -> Map:
    """Give a saved map."""
    return msgspec.convert(saved.map, Map)
