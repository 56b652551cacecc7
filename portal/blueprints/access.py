"""Who may open which route: read from the routes themselves, for the matrix test and its table."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from werkzeug.routing import Rule

from portal.core.rights import RIGHTS, Right, Role

OPEN_TO_ALL = frozenset(
    {
        "static",
        "built_asset",
        "auth.home",
        "auth.login",
        "auth.forgot",
        "auth.reset",
        "auth.invite",
        "auth.two_factor",
        "auth.confirm_email",
        "health.healthz",
        "health.readyz",
        "flags.no_flags",
    }
)
"""Endpoints without a login, each for a reason that its own module gives."""

SILENT_METHODS = frozenset({"HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Door:
    """One route with one method, and who may go through it."""

    path: str
    method: str
    endpoint: str
    kind: str
    """client, admin, key, account or open."""
    right: str = ""
    """On client routes: the right that it needs."""
    for_analysts: bool = False

    def lets_in(self, role: Role) -> bool:
        """Whether somebody with `role` may (in a client of their own, where there is one)."""
        if self.kind == "client":
            return Right(self.right or "view") in RIGHTS[role]
        if self.kind == "admin":
            return role == Role.ADMIN or (role == Role.ANALYST and self.for_analysts)
        return self.kind in {"account", "open"}


def doors(app: Flask) -> Iterator[Door]:
    """Yield every route of `app` by method, sorted by path."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        for method in sorted((rule.methods or set()) - SILENT_METHODS):
            yield _door(app, rule, method)


def _door(app: Flask, rule: Rule, method: str) -> Door:
    view = app.view_functions[rule.endpoint]
    return Door(
        rule.rule,
        method,
        rule.endpoint,
        _kind(rule, view),
        str(getattr(view, "right", "")),
        bool(getattr(view, "for_analysts", False)),
    )


def _kind(rule: Rule, view: object) -> str:
    if rule.endpoint in OPEN_TO_ALL or getattr(view, "is_open", False):
        return "open"
    blueprint = rule.endpoint.split(".")[0]
    if blueprint in {"client", "admin"}:
        return blueprint
    return "key" if blueprint in {"api", "events", "metrics"} else "account"
