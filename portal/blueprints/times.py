"""Instants in words, on the wall clock of the client in the URL, else of the agency."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask, g
from markupsafe import Markup

from portal.core.settings import current_config


def init_app(app: Flask) -> None:
    """Give templates the filter `when` and the global `zone_in_force`."""
    app.add_template_filter(when)
    app.add_template_global(zone_in_force)


def zone_in_force() -> str:
    """Name the zone that this page counts by."""
    calendar = g.get("calendar")
    return str(calendar.zone) if calendar else current_config().agency_zone


def when(instant: datetime | None) -> Markup | str:
    """Write an instant as `Nov 21, 13:05`, with the year where it is another one; `–` for none."""
    if instant is None:
        return "–"
    local = instant.astimezone(ZoneInfo(zone_in_force()))
    words = f"{local:%b} {local.day}, {local.year}, {local:%H:%M}"
    return Markup('<time datetime="{}">{}</time>').format(instant.isoformat(), words)
