"""An agency admin looks at a client with a member's eyes: read-only, for an hour, and on record."""

from flask import redirect, request
from werkzeug import Response

from portal.actions import audit, sessions
from portal.blueprints.auth.next_page import AGENCY_PAGE, client_page
from portal.blueprints.auth.sign_in import bp
from portal.blueprints.auth.visit import require_person, visit
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.rights import MEMBER_ROLES, Role
from portal.core.tenancy import acting_as
from portal.models.clients import Client


@bp.post("/view-as")
def view_as() -> Response:
    """Begin to view as a role of the client; its owner sees that in the audit log."""
    person, found = require_person(), visit()
    slug, role = request.form.get("slug", ""), request.form.get("role", Role.OWNER)
    client = db.session.scalar(db.select(Client).filter_by(slug=slug))
    if found is None or client is None or not person.is_admin or role not in MEMBER_ROLES:
        raise NotFound
    sessions.start_view(found.session_id, client.id, Role(role))
    with acting_as(client.id):
        audit.record("view_as.started", client.slug, role=role)
    return redirect(client_page(slug), 303)


@bp.post("/view-as/end")
def end_view() -> Response:
    """Back to the agency."""
    person, found = require_person(), visit()
    if found is None or not person.is_admin:
        raise NotFound
    sessions.stop_view(found.session_id)
    if found.view is None:
        db.session.commit()
    else:
        with acting_as(found.view.client_id):
            audit.record("view_as.ended")
    return redirect(AGENCY_PAGE, 303)
