"""
Who is signed in: asked once a request, of the database.

Other blueprints ask `visit()`, `require_person()`, and templates `current_user`.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

from flask import Flask, g, request, url_for
from flask_login import LoginManager

from portal.actions import visits
from portal.actions.visits import Person, Visit
from portal.blueprints.cookies import session_cookie
from portal.core import passwords
from portal.core.actor import Actor, set_actor
from portal.core.errors import NotSignedIn
from portal.core.settings import current_config

IDLE = timedelta(minutes=30)
DEMO_IDLE = timedelta(hours=12)
TICK = "X-Portal-Tick"

login_manager = LoginManager()
login_manager.session_protection = None


V = TypeVar("V", bound=Callable[..., Any])


def open_to_all(view: V) -> V:
    """Say that a view needs no sign-in, on purpose; the tests of all routes read it."""
    view.is_open = True  # type: ignore[attr-defined]  # a mark for tests
    return view


class SignInFirst(NotSignedIn):
    """Nobody is signed in, or not wholly; `location` is the page that mends it."""

    def __init__(self, location: str) -> None:
        super().__init__("Sign in first.")
        self.location = location


def init_app(app: Flask) -> None:
    """Give templates `current_user`."""
    if app.testing:
        passwords.weaken()
    login_manager.init_app(app)
    login_manager.request_loader(lambda _request: whole_person())


def visit() -> Visit | None:
    """Tell who sent the cookie of this request, whole or half signed in; one statement."""
    if "visit" not in g:
        g.visit = None  # what error pages see when the database does not answer
        if cookie := session_cookie(request):
            g.visit = _read(cookie)
    found: Visit | None = g.visit
    return found


def whole_person() -> Person | None:
    """Tell who is signed in, all steps done."""
    found = visit()
    return found.person if found and not found.is_half else None


def require_person() -> Person:
    """
    Tell who is signed in, and name them for the audit log.

    Raises:
        SignInFirst: nobody, or a step is missing.
    """
    found = visit()
    if found is None:
        _send(url_for("auth.login", next=_here()))
    if found.is_half:
        _send(url_for("auth.two_factor", next=_here()))
    person = found.person
    if must_set_up(person) and not (request.endpoint or "").startswith("account.two_factor"):
        _send(url_for("account.two_factor"))
    set_actor(Actor(person.email, person.id, request.remote_addr or "", g.request_id))
    return person


def must_set_up(person: Person) -> bool:
    """Whether the agency's admin still has to set two steps up."""
    config = current_config()
    return person.is_admin and not person.has_totp and not config.demo


def idle_time() -> timedelta:
    """How long a session lives without activity."""
    config = current_config()
    return DEMO_IDLE if config.demo else IDLE


def _read(cookie: str) -> Visit | None:
    return visits.read(
        cookie,
        g.get("slug"),
        idle=idle_time(),
        is_activity=TICK not in request.headers,
    )


def _here() -> str | None:
    """Where to come back to; only what a link could have opened."""
    if request.method != "GET":
        return None
    return request.full_path.rstrip("?")


def _send(location: str) -> NoReturn:
    raise SignInFirst(location)
