"""People: found by address, added, named, given roles, disabled."""

import re
from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from portal.actions import audit, sessions
from portal.core import passwords
from portal.core.calendar import now
from portal.core.db import db
from portal.core.errors import Conflict, NotFound, Refused
from portal.core.rights import AGENCY_ROLES, MEMBER_ROLES, Role
from portal.models.accounts import Membership, Proof, User
from portal.models.clients import Client

# Not a proof that the address exists (the mail is that); enough to keep headers and lists clean.
EMAIL = re.compile(r"[^\s@,;:<>()\[\]\\\"]+@[^\s@,;:<>()\[\]\\\"]+\.[^\s@,;:<>()\[\]\\\".]+")
EMAIL_LENGTH = 254
NAME_LENGTH = 120


def email_key(email: str) -> str:
    """Fold `email` as people are found by it: Ada@X and ada@x are one, а Cyrillic а is another."""
    return email.strip().casefold()


def checked_email(email: str) -> str:
    """
    Strip `email` and accept it.

    Raises:
        Refused: it cannot be one.
    """
    stripped = email.strip()
    if len(stripped) > EMAIL_LENGTH or not EMAIL.fullmatch(stripped) or not stripped.isprintable():
        raise Refused("This is not an e-mail address.", field="email")
    return stripped


def checked_name(name: str) -> str:
    """
    Strip `name` and accept it.

    Raises:
        Refused: too long, or with control characters.
    """
    stripped = name.strip()
    if len(stripped) > NAME_LENGTH or not stripped.isprintable():
        raise Refused(f"A name has at most {NAME_LENGTH} plain characters.", field="name")
    return stripped


def find(email: str) -> User | None:
    """Find a person by address."""
    return db.session.scalar(sa.select(User).where(User.email_key == email_key(email)))


def get(user_id: UUID) -> User:
    """
    Load a person.

    Raises:
        NotFound: there is none.
    """
    if (user := db.session.get(User, user_id)) is None:
        raise NotFound
    return user


def add(email: str, *, name: str = "", agency_role: str = "", password: str = "") -> User:
    """
    Add a person, with a password or without; the caller has checked that password's strength.

    Raises:
        Refused: the address is none, or the role is unknown.
        Conflict: the address is taken.
    """
    if agency_role and agency_role not in AGENCY_ROLES:
        raise Refused("The agency's roles are admin and analyst.", field="role")
    address = checked_email(email)
    if find(address):
        raise Conflict("Somebody with this address is known already.")
    at = now()
    user = User(
        email=address,
        email_key=email_key(address),
        name=checked_name(name),
        agency_role=agency_role,
        password_hash=passwords.hashed(password) if password else "",
        password_changed_at=at if password else None,
        created_at=at,
    )
    db.session.add(user)
    db.session.flush()
    audit.record("user.added", user.email, role=agency_role)
    return user


def set_password(
    user: User, password: str, *, keep: UUID | None = None, names: tuple[str, ...] = ()
) -> None:
    """
    Check and set a password; all sessions (but `keep`) and all links in mails die.

    Raises:
        Refused: it is too weak, or holds one of `names` or the name of a client of theirs.
    """
    passwords.check(password, names=(*names, *_names_of(user)))
    user.password_hash = passwords.hashed(password)
    user.password_changed_at = now()
    sessions.end_all(user.id, "password changed", but=keep)
    kill_proofs(user.id)
    audit.record("password.changed", user.email)


def set_email(user: User, email: str) -> None:
    """Give `user` another address, already proved; all sessions and links in mails die."""
    address = checked_email(email)
    other = find(address)
    if other is not None and other.id != user.id:
        raise Conflict("Somebody with this address is known already.")
    before, user.email, user.email_key = user.email, address, email_key(address)
    sessions.end_all(user.id, "address changed")
    kill_proofs(user.id)
    audit.record("email.changed", address, before=before)


def disable(user: User) -> None:
    """Keep `user` out from now on."""
    if user.agency_role == Role.ADMIN:
        _keep_one_admin(user)
    user.disabled_at = user.disabled_at or now()
    sessions.end_all(user.id, "disabled")
    kill_proofs(user.id)
    audit.record("user.disabled", user.email)


def enable(user: User) -> None:
    """Let `user` in again."""
    user.disabled_at = None
    audit.record("user.enabled", user.email)


def set_agency_role(user: User, role: str) -> None:
    """Make `user` an admin, an analyst, or ('') neither; their sessions end."""
    if role and role not in AGENCY_ROLES:
        raise Refused("The agency's roles are admin and analyst.", field="role")
    if user.agency_role == Role.ADMIN and role != Role.ADMIN:
        _keep_one_admin(user)
    before, user.agency_role = user.agency_role, role
    sessions.end_all(user.id, "role changed")
    audit.record("user.role_changed", user.email, before=before, after=role)


def kill_proofs(user_id: UUID) -> None:
    """Make every unused link that was mailed to a person worthless."""
    db.session.execute(
        sa.update(Proof)
        .where(Proof.user_id == user_id, Proof.used_at.is_(None), Proof.dead_at.is_(None))
        .values(dead_at=now())
    )


def clients_of(user_id: UUID, agency_role: str) -> Sequence[Client]:
    """List the clients that a person may look at, by name."""
    query = sa.select(Client).order_by(sa.func.lower(Client.name), Client.slug)
    if agency_role != Role.ADMIN:
        roles = [Role.ANALYST, *MEMBER_ROLES] if agency_role else MEMBER_ROLES
        query = query.join(Membership, Membership.client_id == Client.id).where(
            Membership.user_id == user_id, Membership.role.in_(roles)
        )
    return db.session.scalars(query).all()


def _names_of(user: User) -> tuple[str, ...]:
    query = sa.select(Client.name).join(Membership, Membership.client_id == Client.id)
    return tuple(db.session.scalars(query.where(Membership.user_id == user.id)))


def _keep_one_admin(user: User) -> None:
    others = sa.select(User.id).where(
        User.agency_role == Role.ADMIN, User.disabled_at.is_(None), User.id != user.id
    )
    if not db.session.scalars(others.with_for_update()).all():
        raise Conflict("The agency needs at least one admin.")
