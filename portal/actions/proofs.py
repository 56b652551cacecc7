"""Links that prove who reads a mail: to set a password, or to take a new address."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from portal.actions import people
from portal.core.calendar import now
from portal.core.db import db
from portal.core.errors import BadRequest
from portal.core.sealing import digest, new_token
from portal.core.settings import current_config
from portal.models.accounts import Proof, User

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
USED = "This link was used already."
ENDED = "This link has ended. Ask for a new one."


def password_link(user: User, life: timedelta = HOUR) -> str:
    """Make a link with which `user` sets a password, once. The caller commits."""
    return f"{current_config().base_url}/reset/{_new(user.id, 'password', life)}"


def address_link(user: User, email: str) -> str:
    """Make a link by which whoever reads `email` shows that it is theirs."""
    return f"{current_config().base_url}/address/{_new(user.id, 'address', HOUR, email)}"


def look(token: str, purpose: str) -> tuple[Proof, User]:
    """
    Find what a link is for, without using it.

    Raises:
        BadRequest: it was used, has ended, is dead, or never was.
    """
    proof = db.session.scalar(
        sa.select(Proof).where(Proof.hash == digest(token), Proof.purpose == purpose)
    )
    if proof is not None and proof.used_at is not None:
        raise BadRequest(USED)
    if proof is None or proof.dead_at is not None or proof.expires_at <= now():
        raise BadRequest(ENDED)
    user = people.get(proof.user_id)
    if user.disabled_at is not None:
        raise BadRequest(ENDED)
    return proof, user


def use(token: str, purpose: str) -> tuple[Proof, User]:
    """Use a link up; of two requests at once one gets `BadRequest`. The caller commits."""
    proof, user = look(token, purpose)
    used = db.session.execute(
        sa.update(Proof)
        .where(Proof.id == proof.id, Proof.used_at.is_(None), Proof.dead_at.is_(None))
        .values(used_at=now())
    )
    assert isinstance(used, sa.CursorResult)
    if not used.rowcount:
        raise BadRequest(USED)
    return proof, user


def _new(user_id: UUID, purpose: str, life: timedelta, email: str = "") -> str:
    token, at = new_token(), now()
    db.session.add(
        Proof(
            hash=digest(token),
            user_id=user_id,
            purpose=purpose,
            email=email,
            created_at=at,
            expires_at=at + life,
        )
    )
    db.session.flush()
    return token
