"""A person's own account: name, theme, address, password."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from werkzeug import Response

from portal.actions import audit, letters, people, proofs, sign_in
from portal.blueprints.auth.entering import enter_wholly, keep_theme
from portal.blueprints.auth.forms import AddressForm, Form, PasswordForm, ProfileForm
from portal.blueprints.auth.visit import require_person, visit
from portal.blueprints.limits import failed, limiter
from portal.core.db import db
from portal.core.errors import Refused
from portal.models.accounts import User

bp = Blueprint("account", __name__, url_prefix="/account")

WRONG = "This is not your password."
TRIES = "10 per 15 minutes"


@bp.before_request
def _enter() -> None:
    g.user = require_person()


def me() -> User:
    """Load the row of whoever is signed in."""
    return people.get(g.user.id)


def my_key() -> str:
    """Name the person, for limits on passwords and codes typed while signed in."""
    found = visit()
    return f"account|{found.person.id if found else ''}"


@bp.get("/profile")
def show() -> str:
    """Show the account."""
    return _page()


@bp.post("/profile")
def save_profile() -> Response | tuple[str, int]:
    """Keep name and theme."""
    form = ProfileForm()
    try:
        if not form.arrived():
            return _page(profile=form), 422
        user = me()
        user.name = people.checked_name(form.name.data or "")
    except Refused as error:
        form.refuse(error)
        return _page(profile=form), 422
    user.theme = "" if form.theme.data == "auto" else form.theme.data
    db.session.commit()
    flash("Saved.")
    response = redirect(url_for(".show"), 303)
    keep_theme(response, user.theme)
    return response


@bp.post("/address")
@limiter.limit(TRIES, key_func=my_key, deduct_when=failed)
def change_address() -> Response | tuple[str, int]:
    """Mail a link to the new address; nothing changes until somebody there uses it."""
    form = AddressForm()
    try:
        _check_password(form)
        email = people.checked_email(form.email.data)
    except Refused as error:
        return _refused(form, error, address=form)
    user = me()
    if people.find(email) is None:
        letters.send_address_proof(email, proofs.address_link(user, email))
        audit.record("email.change_asked", email)
        db.session.commit()
    flash(f"We have sent a link to {email}. It works for one hour.")
    return redirect(url_for(".show"), 303)


@bp.post("/password")
@limiter.limit(TRIES, key_func=my_key, deduct_when=failed)
def change_password() -> Response | tuple[str, int]:
    """Change the password; every session ends, and this browser gets a new one."""
    form = PasswordForm()
    try:
        _check_password(form, "current")
        user = me()
        people.set_password(user, form.password.data)
    except Refused as error:
        db.session.rollback()
        return _refused(form, error, password=form)
    letters.tell(user, "Your password was changed", "All other browsers were signed out.")
    flash("Your password was changed, and every other browser was signed out.")
    return enter_wholly(user, url_for(".show"))


def _check_password(form: Form, field: str = "password") -> None:
    """
    Ask for the password again.

    Raises:
        Refused: the form is not filled in, or the password is wrong.
    """
    if not form.arrived():
        raise Refused("", field=None)
    if not sign_in.is_password_of(g.user.id, form[field].data):
        audit.record("password.refused", g.user.email)
        db.session.commit()
        raise Refused(WRONG, field=field)


def _refused(form: Form, error: Refused, **forms: Any) -> tuple[str, int]:
    if error.reason:
        form.refuse(error)
    return _page(**forms), 403 if error.reason == WRONG else 422


def _page(**forms: Any) -> str:
    user = me()
    context = {
        "profile": ProfileForm(None, name=user.name, theme=user.theme or "auto"),
        "address": AddressForm(None),
        "password": PasswordForm(None),
        **forms,
    }
    return render_template("account/show.html", user=user, **context)
