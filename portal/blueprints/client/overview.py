"""The Overview: one page, and its parts as they refresh themselves."""

from collections.abc import Callable
from datetime import timedelta

from flask import Response, flash, g, make_response, render_template, request, url_for

from portal.blueprints.client.scope import bp, may, requires
from portal.blueprints.params import Wish, chips_of, kept, wish_of
from portal.catalog.reach import reach_of
from portal.catalog.subjects import METRICS
from portal.core.calendar import now
from portal.core.errors import NotFound
from portal.core.sealing import digest
from portal.widgets.filter_bar import FilterBar, filter_bar
from portal.widgets.overview import page
from portal.widgets.overview.links import Links
from portal.widgets.overview.page import Look

PARTS: dict[str, tuple[str, Callable[[Look], dict[str, object]]]] = {
    "cards": ("_cards.html", lambda look: vars(page.figures_of(look))),
    "strip": ("_strip.html", lambda look: vars(page.figures_of(look))),
    "funnel": ("_funnel.html", lambda look: {"funnel": page.funnel_of(look)}),
    "activity": ("_activity.html", lambda look: {"activity": page.activity_of(look)}),
}
STEADY = timedelta(minutes=5)
"""How long an unchanged part is called unchanged although the clock goes on."""


@bp.get("/overview")
@requires("view")
def overview() -> str:
    """Show the whole page; every state of it is in its address."""
    look, wish = _look()
    for name in wish.dropped:
        flash(f"“{name}” in the address made no sense and was left out.", "error")
    shown = page.overview(look)
    bar = _bar(wish, shown.as_of)
    return render_template(
        "client/overview/show.html",
        client=g.client,
        page=shown,
        parts=_parts(live=shown.is_live),
        bar=bar,
        crumbs=[{"label": g.client.name, "href": ""}, {"label": "Overview", "href": ""}],
        said=f"Overview updated, {bar.label.lower()}",
        opens=_opens(),
        import_url=url_for("client.imports") if may("import") else None,
        keys_url=url_for("client.keys") if may("keys") else None,
    )


@bp.get("/p/overview/<part>")
@requires("view")
def overview_part(part: str) -> Response:
    """Give one part; 304 when nothing changed since the page last asked."""
    if part not in PARTS:
        raise NotFound
    look, _wish = _look()
    tag = _tag(look)
    if request.if_none_match.contains(tag):
        response = make_response("", 304)
    else:
        template, make = PARTS[part]
        text = render_template(
            f"client/overview/{template}", client=g.client, page=make(look), parts=_parts(live=True)
        )
        response = make_response(text)
    response.set_etag(tag)
    return response


def _look() -> tuple[Look, Wish]:
    reach, at = reach_of(g.client.id), now()
    wish = wish_of(request.args, g.calendar, reach.first, at)
    look = Look(
        client=g.client,
        calendar=g.calendar,
        base=wish.base,
        grain=wish.grain,
        links=_links(),
        at=at,
        reach=reach,
        group=page.group_of(request.args.get("group", "")),
        sort=request.args.get("sort", ""),
    )
    return look, wish


def _links() -> Links:
    """Keep the question in every address that the page leads to."""
    own = kept(request.args)

    def to(endpoint: str) -> Callable[..., str]:
        def address(metric: str, only: str = "") -> str:
            filters = [*own.get("f", []), *([only] if only else [])]
            return url_for(endpoint, metric=metric, **{**own, "f": filters})

        return address

    def here(**changes: object) -> str:
        return url_for("client.overview", **{**own, **changes})

    def only(text: str) -> str:
        filters = own.get("f", [])
        return "" if text in filters else here(f=[*filters, text])

    return Links(to("client.rows"), to("client.rows_part"), here, only)


def _parts(*, live: bool) -> dict[str, str]:
    """Give the address of each part that refreshes itself; a period that is over does not."""
    own = kept(request.args)
    return {name: url_for("client.overview_part", part=name, **own) for name in PARTS if live}


def _opens() -> str:
    """Give what the drawer shows when the address names rows: a metric, and one filter more."""
    metric, _, only = request.args.get("rows", "").partition(",")
    return _links().drawer(metric, only) if metric in METRICS else ""


def _bar(wish: Wish, as_of: str) -> FilterBar:
    path = url_for("client.overview")
    pairs = [pair for pair in request.args.items(multi=True) if pair[0] != "rows"]
    chips = chips_of(path, request.args, wish)
    return filter_bar(path, pairs, wish.asked, chips=chips, as_of=as_of)


def _tag(look: Look) -> str:
    """Change with the numbers, the question, the day, and slowly with the clock."""
    clock = int(look.at.timestamp() // STEADY.total_seconds())
    text = f"{look.reach.version}:{clock}:{g.role}:{request.full_path}:{look.client.version}"
    return digest(text).hex()[:32]
