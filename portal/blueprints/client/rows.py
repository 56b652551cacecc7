"""The rows behind a figure: a page, the drawer, and a file."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Response, g, make_response, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from portal.blueprints.client.scope import bp, requires
from portal.blueprints.params import kept, wish_of
from portal.catalog.answer import answer
from portal.catalog.metric import Metric
from portal.catalog.reach import reach_of
from portal.catalog.rows import FactRow, RowsQuery
from portal.catalog.rows import rows as rows_of
from portal.catalog.subjects import METRICS
from portal.core.calendar import now
from portal.core.errors import NotFound
from portal.exports.csv_file import lines
from portal.widgets.rows import Behind, behind

PAGE, FILE_PAGE = 50, 1000
HEAD = ("at", "fact", "id", "title", "value", "currency", "source", "channel", "campaign", "owner")


@bp.get("/rows/<metric>")
@requires("view")
def rows(metric: str) -> str:
    """Show the rows as a page of their own: what a figure links to."""
    return render_template("client/rows/show.html", client=g.client, **_context(metric))


@bp.get("/p/rows/<metric>")
@requires("view")
def rows_part(metric: str) -> Response:
    """Give the rows for the drawer, and the address of the page with the drawer open."""
    shown = _context(metric)
    text = render_template("client/rows/_rows.html", client=g.client, in_drawer=True, **shown)
    response = make_response(text)
    here = urlsplit(request.headers.get("HX-Current-URL", ""))
    if here.path == url_for("client.overview"):
        asked = MultiDict(parse_qsl(here.query))
        # Back closes what a click opened; pages and parts inside the drawer replace each other.
        name = "HX-Replace-Url" if "rows" in asked else "HX-Push-Url"
        response.headers[name] = _opened(metric, asked)
    return response


def _opened(metric: str, asked: MultiDict[str, str]) -> str:
    """Write the page's address with these rows: the metric, and the filter of its line."""
    more = [one for one in request.args.getlist("f") if one not in asked.getlist("f")]
    return url_for("client.overview", **{**kept(asked), "rows": ",".join([metric, *more[:1]])})


@bp.get("/rows/<metric>.csv")
@requires("view")
def rows_file(metric: str) -> Response:
    """Give all rows as CSV."""
    question = _question(metric)
    text = "".join(lines(_all(question)))
    name = f"{g.client.slug}-{metric}.csv"
    return Response(
        text,
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _context(metric: str) -> dict[str, Any]:
    question = _question(metric)
    found = rows_of(question, g.calendar, g.client.id)
    result = answer(question.of, g.calendar, g.client.id)
    shown: Behind = behind(question, found, result, g.calendar, g.client.trade)
    own = {**kept(request.args), "part": question.part}
    return {
        "behind": shown,
        "csv_url": url_for("client.rows_file", metric=metric, **own),
        "next_url": _address("client.rows", metric, own, found.next),
        "next_part": _address("client.rows_part", metric, own, found.next),
        "first_url": url_for("client.rows", metric=metric, **own) if question.cursor else None,
        "parts": [
            {
                "label": label,
                "href": url_for("client.rows", metric=metric, **{**own, "part": key}),
                "part": url_for("client.rows_part", metric=metric, **{**own, "part": key}),
                "current": key == question.part,
            }
            for key, label in shown.parts
        ],
        "back_url": url_for("client.overview", **kept(request.args)),
    }


def _address(endpoint: str, metric: str, own: dict[str, Any], cursor: str) -> str | None:
    return url_for(endpoint, metric=metric, cursor=cursor, **own) if cursor else None


def _question(metric: str) -> RowsQuery:
    _known(metric)
    wish = wish_of(request.args, g.calendar, reach_of(g.client.id).first, now())
    part = request.args.get("part", "numerator")
    if METRICS[metric].parts[1] is None:
        part = "numerator"
    of = wish.asking(metric)
    return RowsQuery(of, part, PAGE, request.args.get("cursor", ""))


def _known(metric: str) -> Metric:
    if metric not in METRICS:
        raise NotFound
    return METRICS[metric]


def _all(question: RowsQuery) -> Iterator[tuple[object, ...]]:
    yield HEAD
    question = replace(question, limit=FILE_PAGE, cursor="")
    while True:
        found = rows_of(question, g.calendar, g.client.id)
        yield from (_cells(row) for row in found.items)
        if not found.next:
            return
        question = replace(question, cursor=found.next)


def _cells(row: FactRow) -> tuple[object, ...]:
    own = [row.dimensions.get(name, "") for name in HEAD[6:]]
    at = g.calendar.local(row.at).isoformat()
    return (at, row.fact, row.external_id, row.title, row.value, row.currency, *own)
