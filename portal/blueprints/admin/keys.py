"""The keys of all clients: who holds one, when it was last used, and a way to end it."""

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from werkzeug import Response

from portal.actions import keys as own_keys
from portal.blueprints import key_forms
from portal.blueprints.admin.scope import bp
from portal.core.db import db
from portal.core.tenancy import acting_as


@bp.get("/keys", endpoint="keys")
def show() -> str:
    """List every key that works, and those that ended in the last month."""
    found = own_keys.everywhere()
    rows = [(client, key_forms.rows([key])[0]) for key, client in found]
    return render_template("admin/keys.html", rows=rows)


@bp.post("/keys/<uuid:client_id>/<uuid:key_id>/revoke")
def revoke_key(client_id: UUID, key_id: UUID) -> Response:
    """End a client's key at once."""
    with acting_as(client_id):
        own_keys.revoke(client_id, key_id)
        db.session.commit()
    flash("The key is revoked. It opens nothing from now on.")
    return redirect(url_for(".keys"), 303)
