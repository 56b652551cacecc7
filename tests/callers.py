"""Everybody of the matrix: each kind of visitor to a house, signed in and ready to ask."""

import re
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from portal.actions import sessions
from portal.blueprints.access import Door, Kind, Visitor
from portal.blueprints.cookies import cookie_name
from portal.core.db import db
from portal.models.accounts import User
from portal.widgets import brand
from tests.houses import KEY_ORIGIN, House
from tests.people import form_token, person, signed_in

ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
WORDS = {
    "metric": "leads",
    "part": "cards",
    "kind": "leads",
    "call": "track",
    "external_id": "nothing",
    "token": "x" * 43,
    "_token": "x" * 43,
    "name": "app.css",
    "filename": "robots.txt",
    "color": "112233",
    "stamp": brand.stamp("#112233"),
    "session_id": "01990000-0000-7000-8000-000000000000",
}
MEMBERS = (Visitor.VIEWER, Visitor.MANAGER, Visitor.OWNER)
KEYS = (Visitor.INGEST, Visitor.READ, Visitor.BROWSER, Visitor.REVOKED)


@dataclass
class Caller:
    """One browser or program."""

    browser: FlaskClient
    headers: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def ask(self, door: Door, ids: dict[str, str], method: str = "") -> Any:
        """Go through a door with a right form token, over https as keys must."""
        self.token = self.token or form_token(self.browser, "/logout")
        method = method or door.method
        is_form = method not in {"GET", "HEAD", "OPTIONS"} and door.kind != Kind.KEY
        sent: dict[str, Any] = {"headers": self.headers, "buffered": True}
        if is_form:
            sent["data"] = {"csrf_token": self.token}
        if door.path.startswith(("/api/", "/v1/")) or door.kind == Kind.KEY:
            sent["base_url"] = "https://localhost"
            sent["headers"] = {"Origin": KEY_ORIGIN} | self.headers
            sent |= {"json": {"batch": []}} if method == "POST" else {}
        return self.browser.open(path(door, ids), method=method, **sent)


def path(door: Door, ids: dict[str, str]) -> str:
    """Fill a route in."""
    return ARGUMENT.sub(lambda found: (WORDS | ids)[found[1]], door.path)


def people_of(app: Flask, house: House) -> dict[Visitor, Caller]:
    """Open a browser for each role of a house."""
    made = {
        role: Caller(signed_in(app, person(role, client=house.client, role=role)))
        for role in MEMBERS
    }
    analyst = person("analyst", client=house.client, agency="analyst")
    made[Visitor.ANALYST] = Caller(signed_in(app, analyst))
    return made


def nobody_of(app: Flask) -> dict[Visitor, Caller]:
    """Open a browser for those who are of no house."""
    half = app.test_client()
    cookie = sessions.start(person("half").id, is_half=True, user_agent="", address="127.0.0.1")
    half.set_cookie(cookie_name(app.config["PORTAL"], "session"), cookie)
    ungranted = signed_in(app, person("ungranted", agency="analyst"))
    return {
        Visitor.NOBODY: Caller(app.test_client()),
        Visitor.HALF: Caller(half),
        Visitor.UNGRANTED: Caller(ungranted),
        Visitor.ADMIN: Caller(signed_in(app, admin())),
    }


def admin() -> User:
    """Make an admin of the agency whose second step is done."""
    user = person("root", agency="admin")
    user.totp_confirmed_at = user.created_at
    db.session.commit()
    return user


def programs_of(app: Flask, house: House) -> dict[Visitor, Caller]:
    """Give a program each key of a house."""
    words = {Visitor.INGEST: "ingest", Visitor.READ: "read", Visitor.BROWSER: "browser"}
    words[Visitor.REVOKED] = "revoked"
    return {
        visitor: Caller(
            app.test_client(),
            {"Authorization": f"Bearer {house.secrets[word]}"},
        )
        for visitor, word in words.items()
    }
