"""
Who may open which route: read from the routes, for the matrix test and docs/access.md.

A route below /c/<slug>/ says its right by `@requires`, one below /admin whether it is for analysts.
What needs a key, or nothing at all, stands in a table here; a route in none of them has no place,
and a test fails.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask import Flask
from werkzeug.routing import Rule

from portal.core.rights import RIGHTS, Right, Role

SILENT_METHODS = frozenset({"HEAD", "OPTIONS"})
"""HEAD goes with GET; OPTIONS answers with methods alone."""

OPEN: Mapping[str, str] = {
    "static": "files that are the same for everybody",
    "built_asset": "files that are the same for everybody",
    "brands.sheet": "made of a colour that stands in its address",
    "health.alive": "asked by whoever restarts the process",
    "health.ready": "asked by the balancer; says states, no data",
    "flags.no_flags": "always the same answer: there are no flags",
    "events.preflight": "browsers ask it without a key; says what may be sent",
    "api.docs": "the contract, no data",
    "api.openapi": "the contract, no data",
    "auth.login": "where one signs in",
    "auth.take_password": "where one signs in",
    "auth.two_factor": "the second step of signing in",
    "auth.take_code": "the second step of signing in",
    "auth.ask_log_out": "whoever has an old page must be able to leave",
    "auth.log_out": "whoever has an old page must be able to leave",
    "auth.forgot": "for those who cannot sign in",
    "auth.ask_reset": "for those who cannot sign in; says the same to all",
    "auth.reset": "the link in the mail is the proof",
    "auth.take_reset": "the link in the mail is the proof",
    "auth.invitation": "the link in the mail is the proof",
    "auth.accept": "the link in the mail is the proof",
    "auth.address": "the link in the mail is the proof",
    "auth.take_address": "the link in the mail is the proof",
    "dev.mails": "in the demo on loopback only; else not there",
    "dev.mail": "in the demo on loopback only; else not there",
}
"""Endpoints without a login or a key, each with its reason."""

KEYS: Mapping[str, frozenset[str]] = {
    "api.take_facts": frozenset({"ingest"}),
    "api.withdraw_fact": frozenset({"ingest"}),
    "api.list_facts": frozenset({"read"}),
    "api.list_events": frozenset({"read"}),
    "api.list_event_names": frozenset({"read"}),
    "api.list_metrics": frozenset({"read"}),
    "api.list_dimensions": frozenset({"read"}),
    "api.ask": frozenset({"read"}),
    "api.list_rows": frozenset({"read"}),
    "events.take_batch": frozenset({"ingest", "browser"}),
    "events.take_call": frozenset({"ingest", "browser"}),
    "events.take_posthog_batch": frozenset({"ingest"}),
}
"""Endpoints that ask for a key, and the scopes that open them."""

ADMINS_ONLY = frozenset({"auth.view_as", "auth.end_view"})
"""Outside /admin, and to everybody else not there."""

OWN = frozenset({"auth.home", "auth.clients"})
"""For everybody who is signed in; shows what is theirs."""

TOKEN = frozenset({"metrics.show"})
"""Asks for the token of the settings; without it not there."""


class Kind(StrEnum):
    """What a route asks for."""

    CLIENT = "client"
    ADMIN = "admin"
    ACCOUNT = "account"
    ADMINS_ONLY = "admins_only"
    KEY = "key"
    TOKEN = "token"  # noqa: S105 - a word
    OPEN = "open"
    NONE = ""


class Visitor(StrEnum):
    """Who asks. Members, and an analyst with a grant, are of the client that is asked for."""

    NOBODY = "nobody"
    HALF = "half signed in"
    VIEWER = "viewer"
    MANAGER = "manager"
    OWNER = "owner"
    ANALYST = "analyst"
    ADMIN = "admin"
    STRANGER = "member of another client"
    UNGRANTED = "analyst without grant"
    INGEST = "ingest key"
    READ = "read key"
    BROWSER = "browser key"
    REVOKED = "revoked key"


class Verdict(StrEnum):
    """What the asker gets."""

    YES = "✓"
    SIGN_IN = "sign in"
    NO_KEY = "401"
    NOT_ALLOWED = "403"
    NOT_THERE = "404"


ROLES: Mapping[Visitor, Role] = {
    Visitor.VIEWER: Role.VIEWER,
    Visitor.MANAGER: Role.MANAGER,
    Visitor.OWNER: Role.OWNER,
    Visitor.ANALYST: Role.ANALYST,
    Visitor.ADMIN: Role.ADMIN,
}
STRANGERS = frozenset({Visitor.STRANGER, Visitor.UNGRANTED})
SCOPES: Mapping[Visitor, str] = {
    Visitor.INGEST: "ingest",
    Visitor.READ: "read",
    Visitor.BROWSER: "browser",
}
NOT_SIGNED_IN = frozenset({Visitor.NOBODY, Visitor.HALF, Visitor.REVOKED, *SCOPES})


@dataclass(frozen=True, slots=True)
class Door:
    """One route with one method, and who may go through it."""

    path: str
    method: str
    endpoint: str
    kind: Kind
    right: Right
    """On client routes: the right that it needs."""
    for_analysts: bool = False

    def verdict(self, visitor: Visitor) -> Verdict:
        """Say what `visitor` gets."""
        if self.kind == Kind.OPEN:
            return Verdict.YES
        if self.kind in {Kind.TOKEN, Kind.NONE}:
            return Verdict.NOT_THERE
        if self.kind == Kind.KEY:
            return self._for_key(visitor)
        return Verdict.SIGN_IN if visitor in NOT_SIGNED_IN else self._for_person(visitor)

    def _for_key(self, visitor: Visitor) -> Verdict:
        if visitor not in SCOPES:
            return Verdict.NO_KEY
        return Verdict.YES if SCOPES[visitor] in KEYS[self.endpoint] else Verdict.NOT_ALLOWED

    def _for_person(self, visitor: Visitor) -> Verdict:
        if self.kind == Kind.CLIENT:
            return self._in_client(visitor)
        if self.kind == Kind.ACCOUNT or visitor == Visitor.ADMIN:
            return Verdict.YES
        if self.kind == Kind.ADMINS_ONLY or visitor not in {Visitor.ANALYST, Visitor.UNGRANTED}:
            return Verdict.NOT_THERE
        return Verdict.YES if self.for_analysts else Verdict.NOT_ALLOWED

    def _in_client(self, visitor: Visitor) -> Verdict:
        if visitor in STRANGERS:
            return Verdict.NOT_THERE
        return Verdict.YES if self.right in RIGHTS[ROLES[visitor]] else Verdict.NOT_ALLOWED


def doors(app: Flask) -> Iterator[Door]:
    """Yield every route of `app` by method, sorted by path."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        methods = set(rule.methods or ()) - SILENT_METHODS
        for method in sorted(methods or {"OPTIONS"}):
            yield _door(app, rule, method)


def _door(app: Flask, rule: Rule, method: str) -> Door:
    view = app.view_functions[rule.endpoint]
    return Door(
        rule.rule,
        method,
        rule.endpoint,
        _kind(rule.endpoint, rule.rule),
        Right(getattr(view, "right", Right.VIEW)),
        bool(getattr(view, "for_analysts", False)),
    )


def _kind(endpoint: str, path: str) -> Kind:
    tables = (
        (Kind.OPEN, OPEN),
        (Kind.KEY, KEYS),
        (Kind.ADMINS_ONLY, ADMINS_ONLY),
        (Kind.ACCOUNT, OWN),
        (Kind.TOKEN, TOKEN),
    )
    for kind, endpoints in tables:
        if endpoint in endpoints:
            return kind
    rooms = {"client": "/c/<slug>/", "admin": "/admin/", "account": "/account/"}
    blueprint = endpoint.split(".", maxsplit=1)[0]
    inside = blueprint in rooms and path.startswith(rooms[blueprint])
    return Kind(blueprint) if inside else Kind.NONE
