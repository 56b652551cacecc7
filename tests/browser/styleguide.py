"""A small portal that shows every macro, for whoever changes the look: no database, no accounts."""

import math
from datetime import date
from pathlib import Path
from types import SimpleNamespace as Thing
from typing import Any

from flask import Flask, Response, flash, render_template, request
from jinja2 import ChoiceLoader, FileSystemLoader

from portal import assets
from portal.blueprints import filters, frame
from portal.blueprints.security import POLICY
from portal.core.calendar import Period
from portal.core.units import Unit, figure
from portal.widgets.change import change
from portal.widgets.chart import Axis, ChartSpec, Mark, Series
from portal.widgets.filter_bar import Asked, Chip, filter_bar
from portal.widgets.sparkline import sparkline

PAGES = Path(__file__).with_name("pages")
DAYS = 30
WEEK = (1.18, 1.24, 1.14, 1.08, 0.98, 0.52, 0.38)
REVENUE = [round(614_200 * WEEK[n % 7] * (1 + 0.01 * n)) for n in range(DAYS)]
BEFORE = [round(540_000 * WEEK[n % 7]) for n in range(DAYS)]
LEADS = [round(11 * WEEK[n % 7] * (1 + 0.008 * n)) for n in range(DAYS)]


def make() -> Flask:
    """Build the app; `python -m tests.browser.styleguide` serves it."""
    app = Flask("portal", root_path=str(assets.HERE), static_folder="static")
    app.config["SECRET_KEY"] = "only for looking at"
    app.jinja_loader = ChoiceLoader([FileSystemLoader(PAGES), app.jinja_loader or _none()])
    assets.init_app(app)
    filters.init_app(app)
    frame.init_app(app)
    frame.provide(app, account=_account, switch_list=_switch_list, viewing_as=_viewing_as)
    app.add_url_rule("/c/<slug>/overview", "client.overview", overview)
    app.add_url_rule("/c/<slug>/team", "client.team", lambda **_: page("forms.html"))
    app.add_url_rule("/c/<slug>/arrivals", "client.arrivals", lambda **_: page("states.html"))
    app.add_url_rule("/admin/clients", "admin.clients", lambda: page("admin.html"))
    app.add_url_rule("/login", "login", lambda: page("sign_in.html"))
    app.add_url_rule("/error/<int:status>", "error", error)
    app.add_url_rule("/c/<slug>/p/kpi", "kpi", kpi_part)
    app.add_url_rule("/c/<slug>/p/rows", "rows", lambda **_: page("_rows.html"))
    app.after_request(_mark)
    return app


def overview(slug: str) -> str:
    """Show the charts, cards, tables and the filter bar."""
    if "toast" in request.args:
        flash("Saved.")
        flash("That did not work.", "error")
    return page("overview.html")


def page(name: str) -> str:
    """Render one page of the styleguide with invented numbers."""
    return render_template(
        name,
        client=Thing(slug="summit", name="Summit Roofing"),
        crumbs=[Thing(label="Summit Roofing", href="#"), Thing(label="Overview", href="#")],
        bar=_bar(),
        figures=_figures(),
        trend=_trend(),
        churn=_churn(),
        moves=_moves(),
        **_drawn(),
    )


def error(status: int) -> tuple[str, int]:
    """Show one error page."""
    words = {"title": "There is nothing here", "text": "It was moved, or belongs to someone else."}
    return render_template("errors/page.html", status=status, reference="7f3a91c2", **words), status


def kpi_part(slug: str) -> Response | tuple[str, int]:
    """One card as a part, with a tag, so that a tick without news is answered 304."""
    if request.headers.get("If-None-Match") == '"1"':
        return Response(status=304)
    return Response(render_template("_kpi.html", figure=_figures()[1]), headers={"ETag": '"1"'})


def _figures() -> list[Any]:
    return [
        _figure("revenue", "Attributed revenue", Unit.MONEY, 18_426_000, 15_563_000, REVENUE),
        _figure("leads", "New leads", Unit.COUNT, 312, 278, LEADS, refresh="/c/summit/p/kpi"),
        _figure("jobs", "Jobs won", Unit.COUNT, 41, 36, [n % 4 for n in range(DAYS)]),
        _figure("response", "Median first response", Unit.SECONDS, 168, 244, LEADS, better="down"),
        _figure("spend", "Return on spend", Unit.MULTIPLE, None, None, [None] * DAYS),
    ]


def _figure(  # noqa: PLR0913 - a row of a table of examples
    key: str, label: str, unit: str, value: Any, before: Any, days: Any,
    *, better: str = "up", refresh: str = "",
) -> Any:  # fmt: skip
    return Thing(
        id=key,
        label=label,
        value=figure(value, unit),
        unit="",
        change=change(value, before, unit=unit, better=better),
        before=figure(before, unit) if before is not None else "",
        line=sparkline(days, BEFORE if key == "revenue" else (), label=f"{label}, daily"),
        href="?rows=" + key,
        rows="/c/summit/p/rows",
        refresh=refresh,
        note="",
    )


def _drawn() -> dict[str, Any]:
    counts = (("New lead", 312), ("Replied", 304), ("Qualified", 188), ("Booked", 121), ("Won", 41))
    replies = (("Under 1 min", 0.401), ("1 to 5 min", 0.398), ("Over 5 min", 0.201))
    return {
        "hours": [f"{h}" if h % 3 == 0 else "" for h in range(24)],
        "heat": [
            Thing(name=day, cells=[Thing(level=(d * 5 + h * 3) % 7, words=h) for h in range(24)])
            for d, day in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
        ],
        "steps": [
            Thing(name=name, value=n, share=n / 312, rate="61.8%", time="5 h", dropped="8 dropped")
            for name, n in counts
        ],
        "replies": [
            Thing(name=name, share=n, mark=n - 0.03, first=f"{n:.1%}", second="17.2%", words="")
            for name, n in replies
        ],
        "feed": [
            Thing(icon="phone", title="Missed call", about="Dana R.", when=f"{n} min", at="")
            for n in range(5)
        ],
    }


def _bar() -> Any:
    asked = Asked(
        "30d",
        Period(date(2026, 10, 21), date(2026, 11, 20)),
        "America/Boise",
        against={
            "previous": Period(date(2026, 9, 16), date(2026, 10, 16)),
            "year": Period(date(2025, 10, 22), date(2025, 11, 21)),
        },
    )
    chips = [Chip("Location", "Boise", request.path)]
    args = list(request.args.items(multi=True))
    return filter_bar(request.path, args, asked, chips=chips, as_of="14:32")


def _labels(count: int = DAYS) -> list[str]:
    return [f"{day:%b} {day.day}" for day in Period(date(2026, 10, 21), date(2026, 12, 31))][:count]


def _trend() -> ChartSpec:
    return ChartSpec(
        label="Revenue rose from about 4,900 to 7,000 dollars a day.",
        labels=_labels(),
        titles=[f"Day {n}" for n in range(1, DAYS + 1)],
        axes={"y": Axis(Unit.MONEY, weight=2.6), "leads": Axis(Unit.COUNT)},
        series=(
            Series("Revenue", REVENUE, "area"),
            Series("Previous period", BEFORE, "dash", "viz-prev"),
            Series("New leads", LEADS, "bar", "viz-3", axis="leads"),
        ),
        marks=(
            Mark("zone", start=29, end=29, label="so far"),
            Mark("event", start=13, tag="A", label="Storm campaign"),
        ),
    )


def _churn() -> ChartSpec:
    clients = [0.023, 0.026, 0.02, 0.021, 0.025, 0.019, 0.02, 0.017, 0.019, 0.016, 0.017, 0.014]
    return ChartSpec(
        label="Churn fell from 2.3 to 1.4 percent over twelve months; the target is 2 percent.",
        labels=_labels(12),
        axes={"y": Axis(Unit.SHARE)},
        series=(
            Series("Clients", clients, end="Clients"),
            Series(
                "Revenue",
                [None, None, *(c * 0.8 + 0.002 * math.sin(n) for n, c in enumerate(clients[2:]))],
                color="viz-2",
                end="Revenue",
            ),
        ),
        marks=(Mark("goal", at=0.02, label="Target 2%"),),
    )


def _moves() -> ChartSpec:
    new = [n * 10_000 for n in (42, 36, 41, 47, 43, 51, 45, 49, 52, 56, 59, 39)]
    lost = [n * -10_000 for n in (15, 19, 13, 17, 21, 14, 18, 15, 19, 14, 15, 8)]
    return ChartSpec(
        label="Gained and lost each month.",
        labels=_labels(12),
        axes={"y": Axis(Unit.MONEY, stacked=True)},
        series=(
            Series("New", new, "bar", "viz-1", stack="m"),
            Series("Expansion", [n // 3 for n in new], "bar", "viz-3", stack="m"),
            Series("Churn", lost, "bar", "viz-2", stack="m"),
        ),
    )


def _account() -> frame.Account:
    return frame.Account("Maria Hale", "Owner", "/logout")


def _switch_list() -> list[frame.Choice]:
    names = ("Summit Roofing", "Harbor Clinics", "Mesa Verde Community Fund")
    return [frame.Choice(name, "#", "Boise", name == names[0]) for name in names]


def _viewing_as() -> frame.ViewingAs | None:
    return frame.ViewingAs("Summit Roofing", "/exit") if "view_as" in request.args else None


def _mark(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _none() -> FileSystemLoader:
    return FileSystemLoader(assets.HERE / "templates")


if __name__ == "__main__":
    make().run(port=8123)
