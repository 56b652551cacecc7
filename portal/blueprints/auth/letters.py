"""
What links in mails open: a new password, an invitation, a new address.

Opening a link does nothing, for mail scanners open links too; sending its form does. The pages send
no referrer, or the link's key would be in it.
"""

from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug import Response

from portal.actions import invitations, letters, people, proofs, sessions
from portal.blueprints.auth.entering import act_as, enter
from portal.blueprints.auth.forms import AcceptForm, ForgotForm, ResetForm, TokenForm
from portal.blueprints.auth.sign_in import bp
from portal.blueprints.auth.visit import open_to_all
from portal.blueprints.limits import account_and_address, everybody, limiter
from portal.core.db import db
from portal.core.errors import Refused

NO_REFERRER = {"Referrer-Policy": "no-referrer"}
LINKS = "30 per minute"
ALL_LINKS = "600 per minute"

Answer = tuple[str, int, dict[str, str]]


@bp.get("/forgot")
@open_to_all
def forgot() -> str:
    """Ask for an address."""
    return render_template("auth/forgot.html", form=ForgotForm(), sent=False)


@bp.post("/forgot")
@limiter.limit("5 per 15 minutes", key_func=account_and_address)
@limiter.limit("30 per 15 minutes")
@limiter.limit("300 per minute", key_func=everybody)
@open_to_all
def ask_reset() -> str | tuple[str, int]:
    """Answer alike for known and unknown addresses; the worker finds out which it was."""
    form = ForgotForm()
    if not form.arrived():
        return render_template("auth/forgot.html", form=form, sent=False), 422
    try:
        letters.ask_reset(people.checked_email(form.email.data))
    except Refused as error:
        form.refuse(error)
        return render_template("auth/forgot.html", form=form, sent=False), 422
    db.session.commit()
    return render_template("auth/forgot.html", form=form, sent=True)


@bp.get("/reset/<token>")
@limiter.limit(LINKS)
@limiter.limit(ALL_LINKS, key_func=everybody)
@open_to_all
def reset(token: str) -> Answer:
    """Show the form for a new password."""
    _, user = proofs.look(token, "password")
    return _page("auth/reset.html", 200, form=ResetForm(token=token), email=user.email)


@bp.post("/reset/<_token>")
@limiter.limit(LINKS)
@limiter.limit(ALL_LINKS, key_func=everybody)
@open_to_all
def take_reset(_token: str) -> Response | Answer:
    """Set the password of whom the token in the form names; the second step stays as it is."""
    form = ResetForm()
    if not form.arrived():
        return _page("auth/reset.html", 422, form=form, email="")
    _, user = proofs.use(form.token.data, "password")
    act_as(user)
    try:
        people.set_password(user, form.password.data)
    except Refused as error:
        db.session.rollback()
        form.refuse(error)
        return _page("auth/reset.html", 422, form=form, email=user.email)
    letters.tell(user, "Your password was changed", "All browsers were signed out.")
    return enter(user, "/")


@bp.get("/invite/<token>")
@limiter.limit(LINKS)
@limiter.limit(ALL_LINKS, key_func=everybody)
@open_to_all
def invitation(token: str) -> Answer:
    """Show who invites to what."""
    found = invitations.look(token)
    form = AcceptForm(token=token, name=found[0].name)
    return _invitation(form, 200, found)


@bp.post("/invite/<_token>")
@limiter.limit(LINKS)
@limiter.limit(ALL_LINKS, key_func=everybody)
@open_to_all
def accept(_token: str) -> Response | Answer:
    """Accept; whoever is known already keeps their password, and signs in with it."""
    form = AcceptForm()
    found = invitations.look(form.token.data or "")
    is_new = not (found[2] and found[2].password_hash)
    if not is_new:
        form.password.validators = form.name.validators = ()
    if not form.arrived():
        return _invitation(form, 422, found)
    try:
        user = invitations.accept(
            form.token.data, name=form.name.data or "", password=form.password.data or ""
        )
    except Refused as error:
        db.session.rollback()
        form.refuse(error)
        return _invitation(form, 422, invitations.look(form.token.data))
    if is_new:
        return enter(user, "/")
    flash("You are in. Sign in with the password you have.")
    return redirect(url_for(".login"), 303)


@bp.get("/address/<token>")
@limiter.limit(LINKS)
@limiter.limit(ALL_LINKS, key_func=everybody)
@open_to_all
def address(token: str) -> Answer:
    """Ask whether to take the new address."""
    proof, _ = proofs.look(token, "address")
    return _page("auth/address.html", 200, form=TokenForm(token=token), email=proof.email)


@bp.post("/address/<_token>")
@limiter.limit(LINKS)
@limiter.limit(ALL_LINKS, key_func=everybody)
@open_to_all
def take_address(_token: str) -> Response | Answer:
    """Take the new address; everybody signs in again with it, and the old one is told."""
    form = TokenForm()
    if not form.arrived():
        return _page("auth/address.html", 422, form=form, email="")
    proof, user = proofs.use(form.token.data, "address")
    act_as(user)
    before = user.email
    people.set_email(user, proof.email)
    letters.tell_address_changed(before, user.email)
    sessions.end_all(user.id, "address changed")
    db.session.commit()
    flash("Your address was changed. Sign in with it.")
    return redirect(url_for(".login"), 303)


def _invitation(form: AcceptForm, status: int, found: tuple[Any, Any, Any]) -> Answer:
    row, client, user = found
    if user and user.password_hash:
        del form.name, form.password
    return _page(
        "auth/invite.html",
        status,
        form=form,
        email=row.email,
        client_name=client.name if client else None,
        role=row.role,
        inviter="",
    )


def _page(template: str, status: int, **context: Any) -> Answer:
    return render_template(template, **context), status, NO_REFERRER
