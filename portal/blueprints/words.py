"""Instants in words, by the clock of the client in the URL, else the agency's; and browsers."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask, g
from markupsafe import Markup

from portal.core.settings import current_config

SYSTEMS = ("iPhone", "iPad", "Android", "Windows", "Mac OS X", "CrOS", "Linux")
# In this order: most browsers also name those that they are like.
BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
NAMES = {"Edg": "Edge", "OPR": "Opera", "Mac OS X": "macOS", "CrOS": "ChromeOS"}


def init_app(app: Flask) -> None:
    """Give templates the filters `when` and `browser_name` and the global `zone_in_force`."""
    app.add_template_filter(when)
    app.add_template_filter(browser_name)
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


def browser_name(user_agent: str) -> str:
    """Say `Firefox on Linux` for what a browser says of itself."""
    browser = next((word for word in BROWSERS if f"{word}/" in user_agent), "")
    system = next((word for word in SYSTEMS if word in user_agent), "")
    words = [NAMES.get(word, word) for word in (browser, system) if word]
    return " on ".join(words) or user_agent[:60] or "Unknown"
