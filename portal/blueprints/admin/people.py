"""Everybody who can sign in: what they are, which clients they see, whether they are kept out."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug import Response

from portal.actions import directory, letters, people, proofs, sessions, team, two_factor
from portal.blueprints.admin.scope import bp
from portal.core.db import db
from portal.core.errors import Conflict, NotFound
from portal.core.rights import MEMBER_ROLES, Role
from portal.core.tenancy import acting_as
from portal.models.accounts import User
from portal.models.clients import Client


@bp.get("/people", endpoint="people")
def show() -> str:
    """List people, found by name or address."""
    search = request.args.get("q", "").strip()[:100]
    page = request.args.get("page", 1, type=int)
    found = directory.page(search, page)
    return render_template("admin/people/index.html", found=found, search=search)


@bp.get("/people/<uuid:user_id>")
def person(user_id: UUID) -> str:
    """Show one person: clients, role, sessions."""
    user = people.get(user_id)
    return render_template(
        "admin/people/person.html",
        user=user,
        grants=directory.grants(user_id),
        clients=directory.clients(),
        roles=[Role.ANALYST] if user.agency_role else MEMBER_ROLES,
    )


@bp.post("/people/<uuid:user_id>/role")
def change_agency_role(user_id: UUID) -> Response:
    """Make somebody an admin, an analyst, or neither; they sign in again."""
    _not_me(user_id, "Somebody else has to change your role.")
    people.set_agency_role(people.get(user_id), request.form.get("role", ""))
    return _done(user_id, "The role was changed.")


@bp.post("/people/<uuid:user_id>/clients")
def grant_client(user_id: UUID) -> Response:
    """Let somebody look at a client."""
    client = db.session.scalar(db.select(Client).filter_by(slug=request.form.get("slug", "")))
    if client is None:
        raise NotFound
    with acting_as(client.id):
        team.grant(client.id, people.get(user_id), request.form.get("role", ""))
    return _done(user_id, f"{client.name} was added.")


@bp.post("/people/<uuid:user_id>/clients/<uuid:client_id>/remove")
def remove_grant(user_id: UUID, client_id: UUID) -> Response:
    """Take a client away from somebody."""
    with acting_as(client_id):
        team.remove(client_id, user_id)
    return _done(user_id, "Removed. It holds at once.")


@bp.post("/people/<uuid:user_id>/disable")
def disable_person(user_id: UUID) -> Response:
    """Keep somebody out from now on."""
    _not_me(user_id, "Somebody else has to disable you.")
    people.disable(people.get(user_id))
    return _done(user_id, "Disabled. It holds at once.")


@bp.post("/people/<uuid:user_id>/enable")
def enable_person(user_id: UUID) -> Response:
    """Let somebody in again."""
    people.enable(people.get(user_id))
    return _done(user_id, "Enabled.")


@bp.post("/people/<uuid:user_id>/sign-out")
def sign_out_person(user_id: UUID) -> Response:
    """End all sessions of somebody."""
    sessions.end_all(user_id, "ended by the agency")
    directory.note("session.ended_all", people.get(user_id))
    return _done(user_id, "Signed out everywhere.")


@bp.post("/people/<uuid:user_id>/reset-link")
def mail_reset(user_id: UUID) -> Response:
    """Mail somebody a link that sets a new password."""
    user = people.get(user_id)
    letters.send_reset(user, proofs.password_link(user))
    directory.note("password.reset_sent", user)
    return _done(user_id, f"A link is on its way to {user.email}.")


@bp.post("/people/<uuid:user_id>/two-factor/off")
def drop_second_step(user_id: UUID) -> Response:
    """Drop the second step of somebody who lost phone and codes; they are told."""
    _not_me(user_id, "Somebody else has to reset your second step.")
    two_factor.reset_for(people.get(user_id))
    return _done(user_id, "The second step is off; they were told by mail.")


def _not_me(user_id: UUID, words: str) -> None:
    if user_id == g.user.id:
        raise Conflict(words)


def _done(user_id: UUID, words: str) -> Response:
    db.session.commit()
    flash(words)
    return redirect(url_for(".person", user_id=db.session.get_one(User, user_id).id), 303)
