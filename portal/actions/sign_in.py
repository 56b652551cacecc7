"""The two steps of signing in: a password, and where it is set up, a code that is good once."""

from uuid import UUID

import sqlalchemy as sa

from portal.actions import audit, people
from portal.core import passwords, totp
from portal.core.calendar import now
from portal.core.db import db
from portal.core.sealing import digest, unseal
from portal.models.accounts import RecoveryCode, User

PURPOSE = "totp"


def first_step(email: str, password: str) -> User | None:
    """
    Give the person whose password it is, or None; a stranger costs the same time.

    Raises:
        Refused: the password is longer than any can be.
        TooManyRequests: too many are being checked at once.
    """
    user = people.find(email)
    is_right = passwords.fits(user.password_hash if user else "", password)
    if user is None or not is_right or user.disabled_at is not None:
        audit.record("sign_in.refused", user.email if user else "unknown address")
        return None
    if passwords.is_outdated(user.password_hash):
        user.password_hash = passwords.hashed(password)
    return user


def is_password_of(user_id: UUID, password: str) -> bool:
    """Whether someone who is signed in knows their password; asked before what cannot be undone."""
    return passwords.fits(people.get(user_id).password_hash, password)


def second_step(user_id: UUID, code: str, *, key: str) -> bool:
    """Whether `code` is the authenticator's, or an unused recovery code; then it is used up."""
    user = people.get(user_id)
    if takes_code(user, code, key=key) or _use_recovery_code(user_id, code):
        return True
    audit.record("second_step.refused", user.email)
    return False


def takes_code(user: User, code: str, *, key: str) -> bool:
    """Whether `code` is the authenticator's now; two requests with the same code: one is right."""
    secret = unseal(key, PURPOSE, user.totp_secret) if user.totp_secret else None
    step = totp.step_of(secret, code, now(), after=user.totp_step) if secret else None
    if step is None:
        return False
    used = db.session.execute(
        sa.update(User).where(User.id == user.id, User.totp_step < step).values(totp_step=step)
    )
    assert isinstance(used, sa.CursorResult)
    return used.rowcount == 1


def _use_recovery_code(user_id: UUID, code: str) -> bool:
    used = db.session.execute(
        sa.update(RecoveryCode)
        .where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
        .where(RecoveryCode.hash == digest(totp.plain(code)))
        .values(used_at=now())
    )
    assert isinstance(used, sa.CursorResult)
    return used.rowcount == 1
