"""A draft: correcting how its file is read and mapped, with a live preview; saved maps."""

from uuid import UUID

import msgspec
from flask import flash, redirect, request, url_for
from werkzeug import Response

from portal.actions import import_reading, imports
from portal.blueprints.client import import_forms, import_words
from portal.blueprints.client.scope import bp, requires
from portal.core.errors import NotFound, Refused
from portal.core.rights import Right
from portal.ingest.files import guess, maps
from portal.ingest.files.layout import Layout
from portal.ingest.files.maps import Map
from portal.models.imports import Import


@bp.post("/imports/<uuid:import_id>/map", endpoint="map_import")
@requires(Right.IMPORT)
def change(import_id: UUID) -> Response | tuple[str, int]:
    """Keep the form; with "start", begin at once."""
    found = import_reading.get(import_id)
    try:
        _keep(found)
        if request.form.get("then") == "start":
            imports.start(found)
    except Refused as error:
        return import_words.draft_page(found, str(error)), 422
    return redirect(url_for(".import", import_id=import_id), 303)


@bp.post("/p/imports/<uuid:import_id>/preview", endpoint="preview_import")
@requires(Right.IMPORT)
def preview(import_id: UUID) -> str | tuple[str, int]:
    """Show what the form as it stands would make of the rows."""
    found = import_reading.get(import_id)
    layout = import_reading.layout_of(found)
    try:
        map_ = _answered(found, layout)
    except Refused as error:
        return import_words.problem_part(found, str(error))
    return import_words.preview_part(found, layout, map_)


@bp.post("/imports/<uuid:import_id>/use-map", endpoint="use_import_map")
@requires(Right.IMPORT)
def use_map(import_id: UUID) -> Response:
    """Map a draft anew: by a saved or shipped map, or by a guess for a kind."""
    found = import_reading.get(import_id)
    layout = import_reading.layout_of(found)
    map_ = _named_map(request.form.get("name", ""), layout)
    imports.configure(found, layout, map_, map_.system or found.system)
    return redirect(url_for(".import", import_id=import_id), 303)


@bp.post("/imports/<uuid:import_id>/save-map", endpoint="save_import_map")
@requires(Right.IMPORT)
def save_map(import_id: UUID) -> Response | tuple[str, int]:
    """Save the map of an import under a name."""
    found = import_reading.get(import_id)
    try:
        imports.save_map(request.form.get("name", ""), import_reading.map_of(found))
    except Refused as error:
        return import_words.draft_page(found, str(error)), 422
    flash("The map is saved. The next file with these columns gets it by itself.")
    return redirect(url_for(".import", import_id=import_id), 303)


def _keep(found: Import) -> None:
    before = import_reading.layout_of(found)
    layout = import_forms.layout_from(request.form, before)
    map_ = _answered(found, before)
    system = request.form.get("system", found.system)
    imports.configure(found, layout, msgspec.structs.replace(map_, system=system), system)


def _answered(found: Import, layout: Layout) -> Map:
    return import_forms.map_from(request.form, import_reading.map_of(found), layout)


def _named_map(name: str, layout: Layout) -> Map:
    source, _, key = name.partition(":")
    if source == "ready" and key in maps.shipped():
        return maps.shipped()[key]
    if source == "kind" and key in dict(import_words.KINDS):
        return guess.propose(key, layout)
    for saved in import_reading.saved_maps():
        if source == "saved" and saved.name == key:
            return import_reading.decoded(saved)
    raise NotFound("There is no such map.")
