"""The second step of an account: a code switches it on, a password switches it off."""

from uuid import UUID

import sqlalchemy as sa

from portal.actions import audit, letters, people, sessions
from portal.actions.sign_in import PURPOSE, takes_code
from portal.core import totp
from portal.core.calendar import now
from portal.core.db import db
from portal.core.errors import Conflict
from portal.core.sealing import digest, seal, unseal
from portal.core.settings import current_config
from portal.models.accounts import RecoveryCode, User


def begin(user: User) -> str:
    """Give the secret that waits to be proved; the same one until it is. The caller commits."""
    if user.totp_confirmed_at is not None:
        raise Conflict("The second step is set up already.")
    key = current_config().secret_key
    secret = unseal(key, PURPOSE, user.totp_secret) if user.totp_secret else None
    if secret is None:
        secret = totp.new_secret()
        user.totp_secret, user.totp_step = seal(key, PURPOSE, secret), 0
    return secret


def address(user: User, secret: str) -> str:
    """Write what the QR code says."""
    return totp.address(secret, person=user.email, issuer=current_config().agency_name)


def confirm(user: User, code: str, *, session_id: UUID) -> list[str] | None:
    """
    Switch the second step on when `code` is right, and give the recovery codes, once.

    All other sessions of the person end. The caller commits.
    """
    if user.totp_confirmed_at is not None or not takes_code(user, code, key=_key()):
        return None
    user.totp_confirmed_at = now()
    sessions.end_all(user.id, "second step set up", but=session_id)
    audit.record("two_factor.switched_on", user.email)
    letters.tell(user, "A second step protects your account", "It asks for a code from now on.")
    return new_recovery_codes(user)


def new_recovery_codes(user: User) -> list[str]:
    """Replace a person's recovery codes; the old ones are dead. The caller commits."""
    db.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = totp.recovery_codes()
    db.session.add_all(
        RecoveryCode(user_id=user.id, hash=digest(totp.plain(code))) for code in codes
    )
    audit.record("recovery_codes.made", user.email)
    return codes


def switch_off(user: User) -> None:
    """Drop the second step; the caller has asked for the password, and commits."""
    user.totp_secret, user.totp_step, user.totp_confirmed_at = None, 0, None
    db.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    audit.record("two_factor.switched_off", user.email)
    letters.tell(user, "The second step of your account is off", "A password alone opens it now.")


def codes_left(user_id: UUID) -> int:
    """Count recovery codes that were not used."""
    left = (
        sa.select(sa.func.count()).select_from(RecoveryCode).where(RecoveryCode.used_at.is_(None))
    )
    return db.session.scalar(left.where(RecoveryCode.user_id == user_id)) or 0


def reset_for(user: User) -> None:
    """Let an admin drop somebody's second step, who lost phone and codes; they are told."""
    people.kill_proofs(user.id)
    switch_off(user)
    sessions.end_all(user.id, "second step reset")


def _key() -> str:
    return current_config().secret_key
