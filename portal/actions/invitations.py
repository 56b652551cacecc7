"""Invitations: a letter with a link; the role is in the row, never in what its reader sends."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from portal.actions import audit, letters, people, team
from portal.core.actor import current_actor
from portal.core.calendar import now
from portal.core.db import db
from portal.core.errors import BadRequest, NotFound, Refused
from portal.core.rights import AGENCY_ROLES, MEMBER_ROLES
from portal.core.sealing import digest, new_token
from portal.core.settings import current_config
from portal.core.tenancy import acting_as
from portal.models.accounts import Invitation, User
from portal.models.clients import Client

LIFE = timedelta(days=7)
USED = "This invitation was accepted already. Sign in instead."
ENDED = "This invitation has ended. Ask for a new one."


def invite(email: str, role: str, *, client: Client | None, name: str = "") -> str:
    """
    Invite somebody to a client, or (None) into the agency, and return the link. The caller commits.

    An earlier invitation of the same address to the same place ends.

    Raises:
        Refused: the address or the role is none.
    """
    address = people.checked_email(email)
    if role not in (AGENCY_ROLES if client is None else MEMBER_ROLES):
        raise Refused("Choose one of the roles.", field="role")
    _end(Invitation.email_key == people.email_key(address), client.id if client else None)
    token, at, actor = new_token(), now(), current_actor()
    db.session.add(
        Invitation(
            hash=digest(token),
            email=address,
            email_key=people.email_key(address),
            name=people.checked_name(name),
            client_id=client.id if client else None,
            role=role,
            invited_by=actor.user_id,
            created_at=at,
            expires_at=at + LIFE,
        )
    )
    config = current_config()
    link = f"{config.base_url}/invite/{token}"
    place = client.name if client else config.agency_name
    letters.send_invitation(address, link, place=place, inviter=actor.name, role=role)
    audit.record("invitation.sent", address, role=role)
    db.session.flush()
    return link


def waiting(client_id: UUID | None) -> Sequence[Invitation]:
    """List invitations to one place that can still be accepted, newest first."""
    return db.session.scalars(
        sa.select(Invitation)
        .where(_place(client_id), *_open())
        .order_by(Invitation.created_at.desc())
    ).all()


def waiting_everywhere() -> Sequence[tuple[Invitation, str]]:
    """List all invitations that can still be accepted, with the client's name ('' the agency)."""
    rows = db.session.execute(
        sa.select(Invitation, sa.func.coalesce(Client.name, ""))
        .outerjoin(Client, Client.id == Invitation.client_id)
        .where(*_open())
        .order_by(Invitation.created_at.desc())
    )
    return [(invitation, name) for invitation, name in rows]


def revoke(invitation_id: UUID, client_id: UUID | None) -> None:
    """
    End an invitation to one place.

    Raises:
        NotFound: there is none that could be accepted.
    """
    invitation = db.session.get(Invitation, invitation_id)
    if invitation is None or not _end(Invitation.id == invitation_id, client_id):
        raise NotFound
    audit.record("invitation.revoked", invitation.email)


def look(token: str) -> tuple[Invitation, Client | None, User | None]:
    """
    Find an invitation, where it leads, and who has its address already.

    Raises:
        BadRequest: it was accepted, has ended, or never was.
    """
    invitation = db.session.scalar(sa.select(Invitation).where(Invitation.hash == digest(token)))
    if invitation is not None and invitation.accepted_at is not None:
        raise BadRequest(USED)
    if invitation is None or invitation.revoked_at is not None or invitation.expires_at <= now():
        raise BadRequest(ENDED)
    client = db.session.get(Client, invitation.client_id) if invitation.client_id else None
    return invitation, client, people.find(invitation.email)


def accept(token: str, *, name: str, password: str) -> User:
    """
    Accept: a new person gets a name and a password, a known one keeps theirs. Commits.

    Raises:
        BadRequest: it was accepted meanwhile, or has ended.
        Refused: the password is too weak.
    """
    invitation, client, user = look(token)
    taken = db.session.execute(
        sa.update(Invitation)
        .where(Invitation.id == invitation.id, *_open())
        .values(accepted_at=now())
    )
    assert isinstance(taken, sa.CursorResult)
    if not taken.rowcount:
        raise BadRequest(USED)
    if user is None:
        user = people.add(invitation.email, name=name or invitation.name)
    if not user.password_hash:
        people.set_password(user, password, names=(client.name,) if client else ())
    if client is None:
        people.set_agency_role(user, invitation.role)
        audit.record("invitation.accepted", user.email)
        db.session.commit()
    else:
        with acting_as(client.id):  # commits what stands so far, then the membership
            team.grant(client.id, user, invitation.role)
            audit.record("invitation.accepted", user.email)
    return user


def _open() -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > now(),
    )


def _place(client_id: UUID | None) -> sa.ColumnElement[bool]:
    return (
        Invitation.client_id.is_(None) if client_id is None else Invitation.client_id == client_id
    )


def _end(which: sa.ColumnElement[bool], client_id: UUID | None) -> int:
    ended = db.session.execute(
        sa.update(Invitation)
        .where(which, _place(client_id), *_open())
        .values(revoked_at=now())
        .execution_options(synchronize_session=False)
    )
    assert isinstance(ended, sa.CursorResult)
    return ended.rowcount
