"""The second step of a person's own account: set it up, make new recovery codes, switch it off."""

from io import BytesIO

import segno
from flask import flash, g, redirect, render_template, url_for
from werkzeug import Response

from portal.actions import two_factor
from portal.actions.sign_in import is_password_of
from portal.blueprints.auth.account import TRIES, bp, me, my_key
from portal.blueprints.auth.forms import CodeForm, PasswordOnlyForm
from portal.blueprints.auth.visit import must_set_up, visit
from portal.blueprints.limits import failed, limiter
from portal.core.db import db
from portal.core.errors import Conflict, NotAllowed
from portal.core.settings import current_config

WRONG_CODE = "This code is wrong. Look at the clock of your phone, and type the newest."


@bp.get("/two-factor", endpoint="two_factor")
def show() -> str:
    """Show the picture and the key, or what is set up already."""
    user = me()
    if user.totp_confirmed_at is not None:
        left = two_factor.codes_left(user.id)
        form = PasswordOnlyForm()
        return render_template("account/two_factor.html", user=user, left=left, form=form)
    secret = two_factor.begin(user)
    db.session.commit()
    return _set_up(secret, CodeForm())


@bp.get("/two-factor/picture.svg", endpoint="two_factor_picture")
def picture() -> Response:
    """Draw the QR code of a secret that still waits to be proved."""
    user = me()
    secret = two_factor.begin(user)
    drawn = BytesIO()
    segno.make(two_factor.address(user, secret), error="m").save(
        drawn, kind="svg", scale=5, border=3, dark="#000", light="#fff", xmldecl=False
    )
    return Response(drawn.getvalue(), mimetype="image/svg+xml")


@bp.post("/two-factor", endpoint="two_factor_confirm")
@limiter.limit(TRIES, key_func=my_key, deduct_when=failed)
def confirm() -> str | tuple[str, int]:
    """Take the first code, and show the recovery codes, once."""
    user, form, found = me(), CodeForm(), visit()
    secret = two_factor.begin(user)
    assert found is not None  # the blueprint lets nobody else in
    codes = None
    if form.arrived():
        codes = two_factor.confirm(user, form.code.data, session_id=found.session_id)
    if codes is None:
        db.session.rollback()
        form.code.errors = [*form.code.errors, WRONG_CODE]
        return _set_up(secret, form), 403
    db.session.commit()
    return render_template("auth/recovery_codes.html", codes=codes, next="/")


@bp.post("/two-factor/codes")
@limiter.limit(TRIES, key_func=my_key, deduct_when=failed)
def new_codes() -> str:
    """Make new recovery codes; the old ones die."""
    _check_password()
    user = me()
    if user.totp_confirmed_at is None:
        raise Conflict("Set the second step up first.")
    codes = two_factor.new_recovery_codes(user)
    db.session.commit()
    return render_template("auth/recovery_codes.html", codes=codes, next=url_for(".two_factor"))


@bp.post("/two-factor/off")
@limiter.limit(TRIES, key_func=my_key, deduct_when=failed)
def switch_off() -> Response:
    """Drop the second step; the agency's admins may not, outside the demo."""
    _check_password()
    if g.user.is_admin and not current_config().demo:
        raise NotAllowed("An admin of the agency needs a second step.")
    two_factor.switch_off(me())
    db.session.commit()
    flash("The second step is off.")
    return redirect(url_for(".show"), 303)


def _check_password() -> None:
    form = PasswordOnlyForm()
    if not form.arrived() or not is_password_of(g.user.id, form.password.data):
        raise NotAllowed("Type your password again first: that was not it.")


def _set_up(secret: str, form: CodeForm) -> str:
    groups = " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))
    return render_template(
        "auth/two_factor_setup.html",
        secret=groups,
        qr=url_for(".two_factor_picture"),
        form=form,
        is_needed=must_set_up(g.user),
    )
