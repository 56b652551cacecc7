"""What arrived: everything that was sent, newest first, as it comes in; and what was refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Response, g, make_response, render_template, request, url_for

from portal.blueprints import cursors
from portal.blueprints.client.scope import bp, requires
from portal.catalog import recent
from portal.catalog.recent import Line
from portal.core.calendar import now
from portal.core.errors import Refused
from portal.core.sealing import digest
from portal.widgets.arrivals import WORDS, shown

PAGE = 50
LIVE_SECONDS = 5
WEEK = timedelta(days=7)
MOST_SEARCHED = 200
REFUSED = "refused"
PLACE_PARTS = 3


@bp.get("/arrivals", endpoint="arrivals")
@requires("view")
def show() -> str:
    """Show the newest, or those before a cursor, of one kind or of all."""
    return render_template(
        "client/arrivals/show.html",
        client=g.client,
        kinds=[("", "Everything"), *((key, word.many) for key, word in WORDS.items())],
        tabs=_tabs(),
        tick_seconds=LIVE_SECONDS,
        **_context(_lines()),
    )


@bp.get("/p/arrivals")
@requires("view")
def arrivals_part() -> Response:
    """Give the list; 304 when nothing has arrived since the page last asked."""
    lines = _lines()
    newest = f"{lines[0].place} {len(lines)}" if lines else "none"
    tag = digest(f"{newest} {request.full_path} {g.role}").hex()[:32]
    if request.if_none_match.contains(tag):
        response = make_response("", 304)
    else:
        text = render_template("client/arrivals/_list.html", client=g.client, **_context(lines))
        response = make_response(text)
    response.set_etag(tag)
    return response


def _lines() -> list[Line]:
    read: Callable[..., list[Line]] = recent.refused if _is_refused() else recent.newest
    kind = request.args.get("kind", "")
    return read(
        g.client.id,
        [kind] if kind in WORDS else list(WORDS),
        search=_search(),
        before=_before(),
        limit=PAGE + 1,
    )


def _context(lines: list[Line]) -> dict[str, Any]:
    own: dict[str, Any] = {
        name: request.args[name] for name in ("kind", "q", "show") if request.args.get(name)
    }
    page = lines[:PAGE]
    older = None
    if len(lines) > PAGE:
        cursor = cursors.write(g.client.id, _name(), page[-1].place)
        older = url_for("client.arrivals", **own, cursor=cursor)
    is_first = "cursor" not in request.args
    return {
        "lines": [shown(line, g.calendar.currency) for line in page],
        "older": older,
        "newest": None if is_first else url_for("client.arrivals", **own),
        "refresh": url_for("client.arrivals_part", **own) if is_first else None,
        "kind": request.args.get("kind", ""),
        "search": _search(),
        "is_refused": _is_refused(),
        "searched": recent.SEARCHED,
    }


def _tabs() -> list[dict[str, Any]]:
    refused = recent.count_refused(g.client.id, now() - WEEK)
    return [
        {"label": "Stored", "href": url_for("client.arrivals"), "current": not _is_refused()},
        {
            "label": "Refused, 7 days",
            "href": url_for("client.arrivals", show=REFUSED),
            "current": _is_refused(),
            "count": refused,
        },
    ]


def _is_refused() -> bool:
    return request.args.get("show") == REFUSED


def _search() -> str:
    return request.args.get("q", "").strip().replace("\0", "")[:MOST_SEARCHED]


def _name() -> str:
    return f"arrivals/{REFUSED if _is_refused() else 'stored'}"


def _before() -> recent.Place | None:
    text = request.args.get("cursor")
    if not text:
        return None
    place = cursors.read(g.client.id, _name(), text)
    if len(place) != PLACE_PARTS:
        raise Refused("This cursor is not one of this list.", field="cursor")
    return place[0], place[1], place[2]
