"""People for tests, and browsers in which they are signed in."""

import re
import secrets
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from portal.actions import people, sessions, team
from portal.blueprints.cookies import cookie_name
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.models.accounts import User
from portal.models.clients import Client

PASSWORD = "seven green bottles"


def person(
    name: str = "ada", *, client: Client | None = None, role: str = "viewer", agency: str = ""
) -> User:
    """Make somebody whose address no other test has; an analyst with `client` has a grant."""
    email = f"{name}-{secrets.token_hex(4)}@example.com"
    user = people.add(email, name=name.title(), agency_role=agency, password=PASSWORD)
    db.session.commit()
    if client is not None:
        with acting_as(client.id):
            team.grant(client.id, user, "analyst" if agency else role)
    return user


def signed_in(app: Flask, user: User, **attributes: Any) -> FlaskClient:
    """Open a browser in which `user` is signed in, without asking for a password."""
    cookie = sessions.start(user.id, is_half=False, user_agent="pytest", address="127.0.0.1")
    db.session.commit()
    browser = app.test_client(**attributes)
    browser.set_cookie(cookie_name(app.config["PORTAL"], "session"), cookie)
    return browser


def form_token(browser: FlaskClient, path: str = "/login") -> str:
    """Read the form token from a page, as a browser's form would send it."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(path).text)
    assert found, f"no form at {path}"
    return found[1]


def sign_in(browser: FlaskClient, email: str, password: str = PASSWORD, **fields: str) -> Any:
    """Sign in by the form, as a person does."""
    token = form_token(browser)
    data = {"email": email, "password": password, "csrf_token": token, **fields}
    return browser.post("/login", data=data)


def post(browser: FlaskClient, path: str, **fields: str) -> Any:
    """Send a form as a page of the portal would, with its token."""
    return browser.post(path, data={**fields, "csrf_token": form_token(browser, "/logout")})
