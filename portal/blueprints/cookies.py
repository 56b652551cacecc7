"""
The portal's two cookies.

`session` holds 256 random bits that name a row; whoever signs in gets new ones. `state` is Flask's
signed session and holds nothing but messages for the next page and, before sign-in, the form token.
After sign-in the form token is derived from `session`, so it dies with it.
"""

from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from portal.actions.visits import WHOLE_LIFE
from portal.config import Config
from portal.core.sealing import mark
from portal.core.settings import current_config

FORM_TOKEN = "csrf_token"  # noqa: S105 - the name of a field
STATE_BYTES = 3000


class StateCookies(SecureCookieSessionInterface):
    """Flask's own session, small, with the form token of whoever is signed in."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the state; what is too long or forged is as good as none."""
        state = super().open_session(app, request)
        if state is not None and (cookie := session_cookie(request)):
            # Past the dict's hook: this is derived anew each time, and never a reason to write.
            dict.__setitem__(state, FORM_TOKEN, mark(app.config["SECRET_KEY"], "form", cookie))
        return state

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        """Write the state if it changed; messages that would not fit are dropped."""
        if len(str(dict(session))) > STATE_BYTES:
            session.pop("_flashes", None)
        super().save_session(app, session, response)


def settings(config: Config) -> dict[str, Any]:
    """Give Flask's settings for its own cookie."""
    return {
        "SESSION_COOKIE_NAME": cookie_name(config, "state"),
        "SESSION_COOKIE_SECURE": not config.is_relaxed,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
    }


def cookie_name(config: Config, name: str) -> str:
    """Name a cookie; `__Host-` binds it to this host, over TLS, but for the demo on loopback."""
    return f"portal_{name}" if config.is_relaxed else f"__Host-portal_{name}"


def session_cookie(request: Request) -> str:
    """Return what the browser sent, or ''."""
    return request.cookies.get(cookie_name(current_config(), "session"), "")


def give_session(response: Any, cookie: str) -> None:
    """Hand a new session to the browser."""
    config: Config = current_config()
    response.set_cookie(
        cookie_name(config, "session"),
        cookie,
        max_age=WHOLE_LIFE,
        path="/",
        secure=not config.is_relaxed,
        httponly=True,
        samesite="Lax",
    )


def take_session(response: Any) -> None:
    """Make the browser forget its session."""
    config: Config = current_config()
    response.delete_cookie(
        cookie_name(config, "session"),
        path="/",
        secure=not config.is_relaxed,
        httponly=True,
        samesite="Lax",
    )
