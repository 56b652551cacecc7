"""Who may look at a client, as what. A client never loses its last owner by this door."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from portal.actions import audit
from portal.core.calendar import now
from portal.core.db import db
from portal.core.errors import Conflict, NotFound, Refused
from portal.core.rights import MEMBER_ROLES, Role
from portal.models.accounts import Membership, User

LAST_OWNER = "A client needs at least one owner. Make somebody else owner first."


def members(client_id: UUID) -> Sequence[tuple[User, Membership]]:
    """List the people of a client, analysts with a grant too, by name."""
    rows = db.session.execute(
        sa.select(User, Membership)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.client_id == client_id)
        .order_by(sa.func.lower(User.name), User.email_key)
    )
    return [(user, membership) for user, membership in rows]


def grant(client_id: UUID, user: User, role: str) -> None:
    """
    Let `user` look at a client as `role`, or change what they may. The caller commits.

    Raises:
        Refused: an agency's person is a grant (analyst), a client's own is a member.
        Conflict: they are its last owner.
    """
    if role not in ({Role.ANALYST} if user.agency_role else set(MEMBER_ROLES)):
        raise Refused("Roles are owner, manager and viewer; for an analyst, analyst.", field="role")
    membership = db.session.get(Membership, (client_id, user.id), with_for_update=True)
    if membership is None:
        db.session.add(
            Membership(client_id=client_id, user_id=user.id, role=role, created_at=now())
        )
        audit.record("member.added", user.email, role=role)
    elif membership.role != role:
        if membership.role == Role.OWNER:
            _keep_one_owner(client_id, user.id)
        before, membership.role = membership.role, role
        audit.record("member.role_changed", user.email, before=before, after=role)
    db.session.flush()


def remove(client_id: UUID, user_id: UUID) -> None:
    """
    Take a client away from somebody; it holds from their next request.

    Raises:
        NotFound: they are no member.
        Conflict: they are its last owner.
    """
    membership = db.session.get(Membership, (client_id, user_id), with_for_update=True)
    if membership is None:
        raise NotFound
    if membership.role == Role.OWNER:
        _keep_one_owner(client_id, user_id)
    db.session.delete(membership)
    audit.record("member.removed", db.session.get_one(User, user_id).email)
    db.session.flush()


def _keep_one_owner(client_id: UUID, user_id: UUID) -> None:
    """Lock all owners: two who demote each other at once leave one."""
    owners = db.session.scalars(
        sa.select(Membership.user_id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.client_id == client_id, Membership.role == Role.OWNER)
        .where(User.disabled_at.is_(None))
        .order_by(Membership.user_id)
        .with_for_update(of=Membership)
    ).all()
    if all(owner == user_id for owner in owners):
        raise Conflict(LAST_OWNER)
