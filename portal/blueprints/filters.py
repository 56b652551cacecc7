"""Filters and globals of every template: numbers in words, addresses with changed arguments."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from werkzeug.urls import iri_to_uri

from portal.core import units
from portal.widgets import svg
from portal.widgets.chart import ChartSpec

THEMES = frozenset({"light", "dark"})
FILTERS: Mapping[str, Any] = {
    "money": units.money,
    "money_exact": units.money_exact,
    "money_short": units.money_short,
    "count": units.count,
    "count_short": units.count_short,
    "share": units.share,
    "duration": units.duration,
    "multiple": units.multiple,
    "signed_percent": units.signed_percent,
    "signed_points": units.signed_points,
    "signed_count": units.signed_count,
    "figure": units.figure,
}


def init_app(app: Flask) -> None:
    """Register what templates use."""
    register(app)


def register(app: Flask) -> None:
    """Register every filter and global with `app`; `none|count` and the like give "–"."""
    for name, function in FILTERS.items():
        app.add_template_filter(function, name)
    app.add_template_filter(initials)
    app.add_template_filter(chart_svg)
    for function in (with_args, kept_args, page_theme, page_language, agency_name):
        app.add_template_global(function)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def initials(name: str) -> str:
    """Return the one or two letters of a logo or avatar."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or name[:1].upper()


def chart_svg(spec: ChartSpec, size: str = "") -> Markup:
    """Draw a chart on the server, for print and for pages without scripts."""
    return Markup(svg.draw(spec, size))  # noqa: S704 - the renderer escapes every word itself


def with_args(**changes: object) -> str:
    """Return this page's address with arguments changed; None takes one away."""
    args = MultiDict(request.args)
    for name, value in changes.items():
        args.poplist(name)
        if value is not None:
            args.setlist(name, [str(value)])
    query = urlencode(list(args.items(multi=True)))
    return f"{iri_to_uri(request.path)}?{query}" if query else iri_to_uri(request.path)


def kept_args(*dropped: str) -> list[tuple[str, str]]:
    """Return this page's arguments without some, for the hidden fields of a form."""
    return [(k, v) for k, v in request.args.items(multi=True) if k not in dropped]


def page_theme() -> str:
    """Return light or dark as the person chose, "" to follow the system."""
    theme = request.cookies.get("theme", "")
    return theme if theme in THEMES else ""


def page_language() -> str:
    """Return the language of the page's words."""
    return "en"


def agency_name() -> str:
    """Return the name of the agency that runs this portal."""
    config = current_app.config.get("PORTAL")
    return str(config.agency_name) if config else "Portal"
