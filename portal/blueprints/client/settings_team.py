"""Who may look at the client: its owner invites, changes roles and removes."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug import Response

from portal.actions import invitations, people, team
from portal.blueprints.auth.forms import InviteForm
from portal.blueprints.client.scope import bp, requires
from portal.blueprints.limits import limiter
from portal.core.db import db
from portal.core.errors import NotAllowed, NotFound, Refused
from portal.core.rights import MEMBER_ROLES, Right
from portal.models.accounts import Membership


@bp.get("/settings/team", endpoint="team")
@requires(Right.TEAM)
def show() -> str:
    """List members and invitations."""
    return _page(InviteForm(None))


@bp.post("/settings/team/invitations")
@limiter.limit("30 per hour", key_func=lambda: str(g.get("slug")))
@requires(Right.TEAM)
def invite() -> Response | tuple[str, int]:
    """Mail an invitation; the answer is the same whoever the address belongs to."""
    form = InviteForm()
    if not form.arrived():
        return _page(form), 422
    try:
        invitations.invite(
            form.email.data, form.role.data, client=g.client, name=form.name.data or ""
        )
    except Refused as error:
        form.refuse(error)
        return _page(form), 422
    db.session.commit()
    flash(f"The invitation to {form.email.data} is on its way.")
    return redirect(url_for(".team"), 303)


@bp.post("/settings/team/invitations/<uuid:invitation_id>/revoke")
@requires(Right.TEAM)
def revoke_invitation(invitation_id: UUID) -> Response:
    """End an invitation."""
    invitations.revoke(invitation_id, g.client.id)
    db.session.commit()
    flash("The invitation has ended.")
    return redirect(url_for(".team"), 303)


@bp.post("/settings/team/<uuid:user_id>/role")
@requires(Right.TEAM)
def change_role(user_id: UUID) -> Response:
    """Give a member another role; it holds from their next request."""
    _member(user_id)
    team.grant(g.client.id, people.get(user_id), request.form.get("role", ""))
    db.session.commit()
    flash("The role was changed.")
    return redirect(url_for(".team"), 303)


@bp.post("/settings/team/<uuid:user_id>/remove")
@requires(Right.TEAM)
def remove_member(user_id: UUID) -> Response:
    """Take the client away from a member."""
    _member(user_id)
    team.remove(g.client.id, user_id)
    db.session.commit()
    flash("Removed. It holds at once.")
    return redirect(url_for("auth.home" if user_id == g.user.id else ".team"), 303)


def _member(user_id: UUID) -> None:
    """The agency's own people come and go by the agency's hand."""
    membership = db.session.get(Membership, (g.client.id, user_id))
    if membership is None:
        raise NotFound
    if membership.role not in MEMBER_ROLES and not g.user.is_admin:
        raise NotAllowed("Your agency decides who of its people looks at your numbers.")


def _page(form: InviteForm) -> str:
    return render_template(
        "client/settings/team.html",
        members=team.members(g.client.id),
        waiting=invitations.waiting(g.client.id),
        roles=MEMBER_ROLES,
        form=form,
    )
