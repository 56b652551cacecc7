"""The moment of going in: a new session id, the old one dead, the theme as chosen."""

from flask import g, redirect, request, url_for
from werkzeug import Response

from portal.actions import audit, sessions
from portal.blueprints import cookies
from portal.core.actor import Actor, set_actor
from portal.core.db import db
from portal.core.settings import current_config
from portal.models.accounts import User

YEAR_SECONDS = 365 * 24 * 3600


def act_as(user: User) -> None:
    """Name `user` in the audit log from here on."""
    set_actor(Actor(user.email, user.id, request.remote_addr or "", g.request_id))


def enter(user: User, wanted: str) -> Response:
    """After a right password: go in, or to the second step where there is one. Commits."""
    if user.totp_confirmed_at is None:
        return enter_wholly(user, wanted)
    return _start(user, url_for("auth.two_factor", next=wanted), is_half=True)


def enter_wholly(user: User, wanted: str) -> Response:
    """After all steps: go in. Commits."""
    act_as(user)
    audit.record("session.signed_in", user.email)
    return _start(user, wanted, is_half=False)


def keep_theme(response: Response, theme: str) -> None:
    """Remember light or dark where the page reads it before anything is drawn."""
    secure = not current_config().is_relaxed
    if theme:
        response.set_cookie("theme", theme, max_age=YEAR_SECONDS, secure=secure, samesite="Lax")
    else:
        response.delete_cookie("theme", secure=secure, samesite="Lax")


def _start(user: User, location: str, *, is_half: bool) -> Response:
    if old := cookies.session_cookie(request):
        sessions.end_by_cookie(old, "signed in again")
    agent, address = request.headers.get("User-Agent", ""), request.remote_addr or ""
    cookie = sessions.start(user.id, is_half=is_half, user_agent=agent, address=address)
    db.session.commit()
    response = redirect(location, 303)
    cookies.give_session(response, cookie)
    if user.theme:
        keep_theme(response, user.theme)
    return response
