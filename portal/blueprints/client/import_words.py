"""What the pages of imports show: a draft with its guesses, and how far an import is."""

from typing import Any

from flask import render_template

from portal.actions import import_reading, imports
from portal.blueprints.client import import_forms
from portal.core.errors import Refused
from portal.ingest.files import fields, maps
from portal.ingest.files.encodings import CHOICES
from portal.ingest.files.layout import Layout
from portal.ingest.files.maps import Map
from portal.ingest.files.preview import Preview
from portal.models.imports import Import

KINDS = [(kind, kind.replace("_", " ").capitalize()) for kind in fields.kinds()]
VERDICTS = ("stored", "updated", "duplicate", "conflict", "refused")
REFUSED_SHOWN = 50


def draft_page(found: Import, error: str = "", map_: Map | None = None) -> str:
    """Show a draft: how it is read, what is mapped, and what would come of it."""
    layout = import_reading.layout_of(found)
    map_ = map_ or import_reading.map_of(found)
    return render_template(
        "client/imports/draft.html",
        **_preview(found, layout, map_),
        layout=layout,
        map=map_,
        facts=import_forms.fact_forms(map_, layout),
        forms=import_forms,
        encodings=[(name, name) for name in dict.fromkeys((layout.encoding, *CHOICES))],
        column_options=[(import_forms.COLUMN + name, name) for name in layout.names],
        fact_options=[
            (number, f"{number + 1}: {fact.kind}") for number, fact in enumerate(map_.facts)
        ],
        kinds=KINDS,
        ready={key: maps.shipped()[key].name for key in maps.fitting(layout)},
        saved=[saved.name for saved in import_reading.saved_maps()],
        earlier=import_reading.earlier(found),
        map_json=maps.encode(map_),
        error=error,
    )


def preview_part(found: Import, layout: Layout, map_: Map) -> str:
    """Show what would come of a map that is not kept yet."""
    return render_template("client/imports/_preview.html", **_preview(found, layout, map_))


def problem_part(found: Import, problem: str) -> str:
    """Say in the preview's place why there is none."""
    return render_template(
        "client/imports/_preview.html", found=found, preview=Preview(), problems=[problem], names=()
    )


def standing(found: Import) -> dict[str, Any]:
    """How far an import is, and what it brought."""
    is_working = found.state in imports.WORKING and not import_reading.is_stalled(found)
    return {
        "found": found,
        "share": min(found.offset / found.size, 1) if found.size else 0,
        "is_working": is_working,
        "is_stalled": found.state in imports.WORKING and not is_working,
        "verdicts": VERDICTS,
        "refused": import_reading.first_errors(found.id, REFUSED_SHOWN) if not is_working else [],
    }


def _preview(found: Import, layout: Layout, map_: Map) -> dict[str, Any]:
    problems = maps.problems(map_, layout)
    shown = Preview()
    if not problems:
        try:
            shown = import_reading.previewed(found, layout, map_)
        except Refused as error:
            problems = [str(error)]
    return {"found": found, "preview": shown, "problems": problems, "names": layout.names}
