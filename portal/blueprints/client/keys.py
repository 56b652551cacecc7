"""Keys of the API: the owner makes, rotates and revokes them. Each is shown once."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug import Response

from portal.actions import keys as own_keys
from portal.blueprints import key_forms
from portal.blueprints.client.scope import bp, requires
from portal.blueprints.key_forms import OVERLAPS, KeyForm
from portal.blueprints.limits import limiter
from portal.core.db import db
from portal.core.errors import Refused
from portal.core.rights import Right

MAKING = limiter.limit("60 per hour", key_func=lambda: str(g.get("slug")))


@bp.get("/settings/keys", endpoint="keys")
@requires(Right.KEYS)
def show() -> str:
    """List the client's keys."""
    return _page(KeyForm(None))


@bp.post("/settings/keys")
@MAKING
@requires(Right.KEYS)
def create_key() -> str | tuple[str, int]:
    """Make a key and show it, this once."""
    form = KeyForm()
    if not form.arrived():
        return _page(form), 422
    try:
        made = key_forms.create(g.client.id, form, g.calendar)
    except Refused as error:
        form.refuse(error)
        return _page(form), 422
    db.session.commit()
    return _page(KeyForm(None), secret=made.secret, secret_name=form.name.data or "")


@bp.post("/settings/keys/<uuid:key_id>/rotate")
@MAKING
@requires(Right.KEYS)
def rotate_key(key_id: UUID) -> str:
    """Make a key in place of another, which goes on for a while."""
    made = own_keys.rotate(g.client.id, key_id, key_forms.overlap(request.form.get("overlap")))
    db.session.commit()
    return _page(KeyForm(None), secret=made.secret, secret_name="Its new key")  # noqa: S106


@bp.post("/settings/keys/<uuid:key_id>/revoke")
@requires(Right.KEYS)
def revoke_key(key_id: UUID) -> Response:
    """End a key at once."""
    own_keys.revoke(g.client.id, key_id)
    db.session.commit()
    flash("The key is revoked. It opens nothing from now on.")
    return redirect(url_for(".keys"), 303)


def _page(form: KeyForm, *, secret: str = "", secret_name: str = "") -> str:
    return render_template(
        "client/settings/keys.html",
        client=g.client,
        rows=key_forms.rows(own_keys.listed(g.client.id)),
        overlaps=list(OVERLAPS.items()),
        form=form,
        secret=secret,
        secret_name=secret_name,
    )
