"""
What the frame of a page needs besides its content: who looks, where to go, whose pages these are.

Other blueprints say how to find it with `provide`; templates ask with `account()`, `switch_list()`,
`viewing_as()`, `navigation(frame)` and `tab_bar(frame)`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request, url_for

PLACE = "portal_frame"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the navigation; shown when its endpoint exists and the person has the right."""

    label: str
    icon: str
    endpoint: str
    go: str = ""
    """Letter after "g" that goes there."""
    right: str = ""
    short: str = ""
    in_tabs: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under one title; "" has none."""

    title: str
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as the page shows it."""

    label: str
    icon: str
    href: str
    current: bool
    go: str = ""
    short: str = ""


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """Links under one title."""

    title: str
    entries: Sequence[Link]


@dataclass(frozen=True, slots=True)
class Account:
    """The person at the foot of the sidebar."""

    name: str
    about: str
    logout_url: str
    links: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A client that may be switched to."""

    name: str
    href: str
    about: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class ViewingAs:
    """Whose pages a member of staff looks at as that client sees them."""

    client_name: str
    exit_url: str


NAVIGATION: Mapping[str, Sequence[Group]] = {
    "client": (
        Group(
            "", (Entry("Overview", icon="home", endpoint="client.overview", go="o", in_tabs=True),)
        ),
        Group(
            "Data",
            (
                Entry(
                    "What arrived",
                    icon="list-details",
                    endpoint="client.arrivals",
                    go="a",
                    short="Arrived",
                    in_tabs=True,
                ),
                Entry(
                    "Import",
                    icon="file-import",
                    endpoint="client.imports",
                    go="i",
                    right="import",
                    in_tabs=True,
                ),
            ),
        ),
        Group(
            "Settings",
            (
                Entry("Team", icon="users", endpoint="client.team", go="m", right="team"),
                Entry("Keys", icon="key", endpoint="client.keys", go="k", right="keys"),
                Entry(
                    "Profile",
                    icon="building-store",
                    endpoint="client.profile",
                    go="p",
                    right="settings",
                ),
                Entry(
                    "Audit log", icon="history", endpoint="client.audit", go="l", right="settings"
                ),
                Entry("Your account", icon="user-circle", endpoint="account.show", go="u"),
            ),
        ),
    ),
    "account": (
        Group("", (Entry("Your clients", icon="building", endpoint="auth.clients", in_tabs=True),)),
        Group(
            "Your account",
            (
                Entry("Profile", icon="user-circle", endpoint="account.show", in_tabs=True),
                Entry("Second step", icon="shield-lock", endpoint="account.two_factor"),
                Entry("Browsers", icon="device-laptop", endpoint="account.sessions", in_tabs=True),
            ),
        ),
    ),
    "admin": (
        Group(
            "",
            (Entry("Clients", icon="users-group", endpoint="admin.clients", go="c", in_tabs=True),),
        ),
        Group(
            "Data",
            (
                Entry("Freshness", icon="gauge", endpoint="admin.freshness", go="f", in_tabs=True),
                Entry("Imports", icon="file-import", endpoint="admin.imports", go="i"),
                Entry("Keys", icon="key", endpoint="admin.keys", go="k"),
            ),
        ),
        Group(
            "Run",
            (
                Entry("Jobs", icon="database-cog", endpoint="admin.jobs", go="j", in_tabs=True),
                Entry("People", icon="shield-lock", endpoint="admin.people", go="p"),
                Entry("Invitations", icon="mail", endpoint="admin.invitations", go="v"),
                Entry("Audit log", icon="history", endpoint="admin.audit", go="l"),
                Entry("Your account", icon="user-circle", endpoint="account.show", go="u"),
            ),
        ),
    ),
}


def init_app(app: Flask) -> None:
    """Give templates the functions that the layouts call."""
    app.extensions.setdefault(PLACE, {})
    own = (navigation, tab_bar, account, switch_list, viewing_as, brand_sheet, logo)
    for function in own:
        app.add_template_global(function)


def provide(app: Flask, **providers: Callable[..., Any]) -> None:
    """
    Say how to find a part of the frame.

    Args:
        app: the application.
        providers: `account()` → Account or None, `switch_list()` → list of Choice, `viewing_as()`
            → ViewingAs or None, `may(right)` → bool, `brand_sheet()` and `logo()` → address or "".
    """
    app.extensions.setdefault(PLACE, {}).update(providers)


def navigation(frame: str) -> list[LinkGroup]:
    """Return the groups of links that this person may follow."""
    found = (
        LinkGroup(group.title, tuple(_links(group.entries, frame))) for group in NAVIGATION[frame]
    )
    return [group for group in found if group.entries]


def tab_bar(frame: str) -> list[Link]:
    """Return the links of the bar at the foot of a phone."""
    tabs = [entry for group in NAVIGATION[frame] for entry in group.entries if entry.in_tabs]
    return _links(tabs, frame)[:4]


def account() -> Account | None:
    """Return who is signed in."""
    found: Account | None = _ask("account", None)
    return found


def switch_list() -> Sequence[Choice]:
    """Return the clients that may be switched to."""
    found: Sequence[Choice] = _ask("switch_list", ())
    return found


def viewing_as() -> ViewingAs | None:
    """Return whose pages are looked at, if any."""
    found: ViewingAs | None = _ask("viewing_as", None)
    return found


def brand_sheet() -> str:
    """Return the address of the sheet with the client's colours, "" for the portal's own."""
    found: str = _ask("brand_sheet", "")
    return found


def logo() -> str:
    """Return the address of the client's logo, "" for its initials."""
    found: str = _ask("logo", "")
    return found


def _links(entries: Sequence[Entry], frame: str) -> list[Link]:
    return [_link(entry, frame) for entry in entries if _shown(entry)]


def _shown(entry: Entry) -> bool:
    may = _providers().get("may")
    allowed = not entry.right or may is None or may(entry.right)
    return allowed and entry.endpoint in current_app.view_functions


def _link(entry: Entry, frame: str) -> Link:
    rule = next(current_app.url_map.iter_rules(entry.endpoint))
    values = {k: v for k, v in (request.view_args or {}).items() if k in rule.arguments}
    href = url_for(entry.endpoint, **values)
    current = request.path == href or request.path.startswith(href.rstrip("/") + "/")
    return Link(entry.label, entry.icon, href, current, entry.go, entry.short)


def _ask(name: str, otherwise: Any) -> Any:
    """Ask the provider once a request."""
    kept = g.setdefault(PLACE, {})
    if name not in kept:
        provider = _providers().get(name)
        kept[name] = provider() if provider else otherwise
    return kept[name]


def _providers() -> dict[str, Callable[..., Any]]:
    providers: dict[str, Callable[..., Any]] = current_app.extensions[PLACE]
    return providers
