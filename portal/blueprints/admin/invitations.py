"""Invitations into the agency, and to any client by the agency."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug import Response

from portal.actions import directory, invitations
from portal.blueprints.admin.scope import bp
from portal.blueprints.auth.forms import AgencyInviteForm, choices
from portal.core.db import db
from portal.core.errors import Refused
from portal.core.tenancy import acting_as
from portal.models.accounts import Invitation
from portal.models.clients import Client


@bp.get("/invitations", endpoint="invitations")
def show() -> str:
    """List what waits to be accepted."""
    return _page(_form(None))


@bp.post("/invitations")
def invite() -> Response | tuple[str, int]:
    """Mail an invitation."""
    form = _form(request.form)
    try:
        if not form.arrived():
            return _page(form), 422
        _invite(form)
    except Refused as error:
        db.session.rollback()
        form.refuse(error)
        return _page(form), 422
    db.session.commit()
    flash(f"The invitation to {form.email.data} is on its way.")
    return redirect(url_for(".invitations"), 303)


@bp.post("/invitations/<uuid:invitation_id>/revoke")
def revoke_invitation(invitation_id: UUID) -> Response:
    """End an invitation."""
    invitation = db.session.get(Invitation, invitation_id)
    invitations.revoke(invitation_id, invitation.client_id if invitation else None)
    db.session.commit()
    flash("The invitation has ended.")
    return redirect(url_for(".invitations"), 303)


def _invite(form: AgencyInviteForm) -> None:
    name = form.name.data or ""
    if not form.client.data:
        invitations.invite(form.email.data, form.role.data, client=None, name=name)
        return
    client = db.session.scalars(db.select(Client).filter_by(slug=form.client.data)).one()
    with acting_as(client.id):
        invitations.invite(form.email.data, form.role.data, client=client, name=name)


def _form(data: object) -> AgencyInviteForm:
    form = AgencyInviteForm(data)
    places = {client.slug: client.name for client in directory.clients()}
    form.client.choices = choices({"": "The agency"} | places)
    return form


def _page(form: AgencyInviteForm) -> str:
    rows = invitations.waiting_everywhere()
    return render_template("admin/invitations.html", form=form, waiting=rows)
