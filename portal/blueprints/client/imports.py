"""Imports of a client: the list, uploading a file, and what happens to one of them."""

from csv import writer
from io import TextIOWrapper
from tempfile import SpooledTemporaryFile
from uuid import UUID

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, send_file, url_for
from werkzeug import Response

from portal.actions import import_files, import_reading, imports
from portal.blueprints.client import import_words
from portal.blueprints.client.scope import bp, requires
from portal.blueprints.uploads import reads_own_body, receive
from portal.core.db import db
from portal.core.errors import NoSpace, Refused, TooLarge
from portal.core.rights import Right
from portal.core.settings import current_config
from portal.ingest.files import fields, maps
from portal.models.imports import Import

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so would be run by a spreadsheet program."""
ERROR_HEAD = ("line", "kind", "field", "reason", "row")
MEMORY_BYTES = 1024 * 1024


@bp.get("/imports", endpoint="imports")
@requires(Right.IMPORT)
def index() -> str:
    """List imports, and take a new file."""
    return _index()


@bp.post("/imports")
@reads_own_body
@requires(Right.IMPORT)
def upload() -> Response | tuple[str, int]:
    """Keep a file as a draft, guess how it is written, and show that."""
    try:
        made = _take()
    except (Refused, TooLarge, NoSpace) as error:
        return _index(str(error)), error.status
    return redirect(url_for(".import", import_id=made.id), 303)


@bp.get("/imports/<uuid:import_id>", endpoint="import")
@requires(Right.IMPORT)
def show(import_id: UUID) -> str:
    """Show how a draft is mapped, or how far an import is and what it brought."""
    found = import_reading.get(import_id)
    if found.state == "draft":
        return import_words.draft_page(found)
    return render_template("client/imports/show.html", **import_words.standing(found))


@bp.get("/p/imports/<uuid:import_id>/progress", endpoint="import_progress")
@requires(Right.IMPORT)
def progress(import_id: UUID) -> str:
    """Give the part that shows how far an import is."""
    found = import_reading.get(import_id)
    return render_template("client/imports/_progress.html", **import_words.standing(found))


@bp.post("/imports/<uuid:import_id>/start", endpoint="start_import")
@requires(Right.IMPORT)
def start(import_id: UUID) -> Response:
    """Let a worker run an import, or go on with it."""
    imports.start(import_reading.get(import_id))
    return redirect(url_for(".import", import_id=import_id), 303)


@bp.post("/imports/<uuid:import_id>/cancel", endpoint="cancel_import")
@requires(Right.IMPORT)
def cancel(import_id: UUID) -> Response:
    """Stop an import behind the rows in hand."""
    imports.cancel(import_reading.get(import_id))
    flash("It stops behind the rows in hand. What is stored stays; you can resume or undo.")
    return redirect(url_for(".import", import_id=import_id), 303)


@bp.post("/imports/<uuid:import_id>/undo", endpoint="undo_import")
@requires(Right.IMPORT)
def undo(import_id: UUID) -> Response:
    """Withdraw what an import stored."""
    imports.undo(import_reading.get(import_id))
    return redirect(url_for(".import", import_id=import_id), 303)


@bp.post("/imports/<uuid:import_id>/discard", endpoint="discard_import")
@requires(Right.IMPORT)
def discard(import_id: UUID) -> Response:
    """Delete a draft with its file."""
    imports.discard(import_reading.get(import_id))
    flash("The draft and its file are deleted.")
    return redirect(url_for(".imports"), 303)


@bp.get("/imports/<uuid:import_id>/errors.csv", endpoint="import_errors")
@requires(Right.IMPORT)
def errors(import_id: UUID) -> FlaskResponse:
    """Give the refused rows as a file."""
    found = import_reading.get(import_id)
    file = SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115 - the answer closes it
    text = TextIOWrapper(file, encoding="utf-8", newline="")
    lines = writer(text)
    lines.writerow(ERROR_HEAD)
    lines.writerows(map(_tame, row) for row in import_reading.error_rows(found.id))
    text.flush()
    text.detach()
    file.seek(0)
    name = f"refused-rows-{str(found.id)[-8:]}.csv"
    return send_file(file, "text/csv", as_attachment=True, download_name=name)


@bp.get("/imports/<uuid:import_id>/map.json", endpoint="import_map")
@requires(Right.IMPORT)
def map_file(import_id: UUID) -> FlaskResponse:
    """Give the map of an import as a file, for `portal import --map`."""
    text = maps.encode(import_reading.map_of(import_reading.get(import_id)))
    answer = FlaskResponse(text, mimetype="application/json")
    answer.headers["Content-Disposition"] = "attachment; filename=map.json"
    return answer


def _take() -> Import:
    most = current_config().import_megabytes * import_files.BLOCK
    db.session.commit()  # an upload takes long, and the database ends transactions that idle
    with import_files.incoming() as taken:
        form = receive(taken, most)
        kind = form.fields.get("kind", "")
        if kind and kind not in fields.kinds():
            raise Refused("Choose what the rows are.", field="kind")
        return imports.add(taken, form.file_name, kind)


def _index(error: str = "") -> str:
    return render_template(
        "client/imports/index.html",
        rows=import_reading.listed(),
        kinds=import_words.KINDS,
        error=error,
        megabytes=current_config().import_megabytes,
    )


def _tame(cell: object) -> str:
    return f"'{cell}" if str(cell).startswith(FORMULA) else str(cell)
