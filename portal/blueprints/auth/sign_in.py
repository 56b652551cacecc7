"""Signing in, in one step or two, and out."""

from uuid import UUID

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_limiter import RequestLimit
from werkzeug import Response

from portal.actions import audit, letters, sessions, sign_in
from portal.blueprints import cookies
from portal.blueprints.auth.entering import act_as, enter, enter_wholly
from portal.blueprints.auth.forms import CodeForm, SignInForm
from portal.blueprints.auth.next_page import safe_next
from portal.blueprints.auth.visit import open_to_all, visit, whole_person
from portal.blueprints.limits import account_and_address, everybody, failed, limiter
from portal.core.calendar import now
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


def half_user_key() -> str:
    """Name who is half signed in: whoever has the password gets five codes, wherever they are."""
    return f"code|{_half_user() or request.remote_addr}"


def _tell_breach(_limit: RequestLimit) -> None:
    """Somebody who knows the password guesses codes: its owner should know."""
    if user_id := _half_user():
        letters.tell_codes_refused(db.session.get_one(User, user_id), now().date())
        db.session.commit()


@bp.get("/login")
@open_to_all
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
@open_to_all
def take_password() -> Response | tuple[str, int]:
    """Check address and password: the same answer for a wrong one and for a stranger."""
    form = SignInForm()
    if not form.arrived():
        return render_template("auth/login.html", form=form), 422
    user = sign_in.first_step(form.email.data, form.password.data)
    if user is None:
        db.session.commit()
        return render_template("auth/login.html", form=form, reasons=[REFUSED]), 401
    return enter(user, safe_next(form.next.data))


@bp.get("/two-factor")
@open_to_all
def two_factor() -> str | Response:
    """Ask for the second step."""
    found = visit()
    if found is None or not found.is_half:
        return redirect(url_for(".login"), 303)
    form = CodeForm(next=safe_next(request.args.get("next")))
    return render_template("auth/two_factor.html", form=form)


@bp.post("/two-factor")
@limiter.limit(PER_CODE, key_func=half_user_key, deduct_when=failed, on_breach=_tell_breach)
@open_to_all
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
    return enter_wholly(user, safe_next(form.next.data))


@bp.get("/logout")
@open_to_all
def ask_log_out() -> str:
    """Ask first: a link alone signs nobody out."""
    return render_template("auth/logout.html")


@bp.post("/logout")
@open_to_all
def log_out() -> Response:
    """End this session, here and in every copy of its cookie."""
    if cookie := cookies.session_cookie(request):
        if person := whole_person():
            act_as(db.session.get_one(User, person.id))
            audit.record("session.signed_out", person.email)
        sessions.end_by_cookie(cookie, "signed out")
        db.session.commit()
    response = redirect(url_for(".login"), 303)
    cookies.take_session(response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _half_user() -> UUID | None:
    found = visit()
    return found.person.id if found and found.is_half else None
