"""Signing in, in one step or two, and out."""

from uuid import UUID

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from werkzeug import Response

from portal.actions import audit, sessions, sign_in
from portal.blueprints import cookies
from portal.blueprints.auth.forms import CodeForm, SignInForm
from portal.blueprints.auth.next_page import safe_next
from portal.blueprints.auth.visit import visit, whole_person
from portal.blueprints.limits import account_and_address, everybody, failed, limiter
from portal.core.actor import Actor, set_actor
from portal.core.db import db
from portal.core.errors import NotSignedIn
from portal.models.accounts import User

bp = Blueprint("auth", __name__)

REFUSED = "This address and password do not belong together."
REFUSED_CODE = "This code is wrong, or was used already."
PER_ACCOUNT = "10 per 15 minutes"
PER_ADDRESS = "100 per 15 minutes"
PER_PORTAL = "600 per minute"
PER_CODE = "5 per 15 minutes"


@bp.get("/login")
def login() -> str | Response:
    """Show the form, or go on where somebody is signed in already."""
    wanted = safe_next(request.args.get("next"))
    if whole_person():
        return redirect(wanted, 303)
    return render_template("auth/login.html", form=SignInForm(next=wanted))


@bp.post("/login")
@limiter.limit(PER_PORTAL, key_func=everybody)
@limiter.limit(PER_ADDRESS, deduct_when=failed)
@limiter.limit(PER_ACCOUNT, key_func=account_and_address, deduct_when=failed)
def take_password() -> Response | tuple[str, int]:
    """Check address and password: the same answer for a wrong one and for a stranger."""
    form = SignInForm()
    if not form.arrived():
        return render_template("auth/login.html", form=form), 422
    user = sign_in.first_step(form.email.data, form.password.data)
    if user is None:
        db.session.commit()
        return render_template("auth/login.html", form=form, reasons=[REFUSED]), 401
    is_half = user.totp_confirmed_at is not None
    wanted = safe_next(form.next.data)
    return _enter(user, url_for(".two_factor", next=wanted) if is_half else wanted, is_half)


@bp.get("/two-factor")
def two_factor() -> str | Response:
    """Ask for the second step."""
    found = visit()
    if found is None or not found.is_half:
        return redirect(url_for(".login"), 303)
    form = CodeForm(next=safe_next(request.args.get("next")))
    return render_template("auth/two_factor.html", form=form)


@bp.post("/two-factor")
@limiter.limit(PER_CODE, key_func=lambda: str(_half_user()), deduct_when=failed)
def take_code() -> Response | tuple[str, int]:
    """Check the code; the session that it makes whole is a new one."""
    user_id = _half_user()
    if user_id is None:
        raise NotSignedIn("Sign in with your password first.")
    form = CodeForm()
    key = current_app.config["SECRET_KEY"]
    if not form.arrived() or not sign_in.second_step(user_id, form.code.data, key=key):
        db.session.commit()
        return render_template("auth/two_factor.html", form=form, reasons=[REFUSED_CODE]), 401
    user = db.session.get_one(User, user_id)
    return _enter(user, safe_next(form.next.data), is_half=False)


@bp.get("/logout")
def ask_log_out() -> str:
    """Ask first: a link alone signs nobody out."""
    return render_template("auth/logout.html")


@bp.post("/logout")
def log_out() -> Response:
    """End this session, here and in every copy of its cookie."""
    if cookie := cookies.session_cookie(request):
        if person := whole_person():
            set_actor(_actor(person.email, person.id))
            audit.record("session.signed_out", person.email)
        sessions.end_by_cookie(cookie, "signed out")
        db.session.commit()
    response = redirect(url_for(".login"), 303)
    cookies.take_session(response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _enter(user: User, location: str, is_half: bool) -> Response:  # noqa: FBT001 - says its name
    """Begin a session with a new id, end the one the browser had, and go on."""
    set_actor(_actor(user.email, user.id))
    if old := cookies.session_cookie(request):
        sessions.end_by_cookie(old, "signed in again")
    agent, address = request.headers.get("User-Agent", ""), request.remote_addr or ""
    cookie = sessions.start(user.id, is_half=is_half, user_agent=agent, address=address)
    if not is_half:
        audit.record("session.signed_in", user.email)
    db.session.commit()
    response = redirect(location, 303)
    cookies.give_session(response, cookie)
    return response


def _half_user() -> UUID | None:
    found = visit()
    return found.person.id if found and found.is_half else None


def _actor(name: str, user_id: UUID) -> Actor:
    return Actor(name, user_id, request.remote_addr or "", g.request_id)
