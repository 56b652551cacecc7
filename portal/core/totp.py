"""One-time codes of an authenticator app (RFC 6238), each good once, and recovery codes."""

import hmac
import secrets
from datetime import datetime

import pyotp

STEP_SECONDS = 30
RECOVERY_CODES = 10
# Without 0 and O, 1 and I and L: people read these from paper.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_secret() -> str:
    """Make a secret of 160 bits, in base 32."""
    return pyotp.random_base32()


def address(secret: str, *, person: str, issuer: str) -> str:
    """Write the otpauth address that a QR code shows."""
    return pyotp.TOTP(secret).provisioning_uri(name=person, issuer_name=issuer)


def step_of(secret: str, code: str, at: datetime, *, after: int) -> int | None:
    """
    Find the time step for which `code` is right: now, one before or one later.

    Steps up to `after` were used already and are wrong. The caller keeps the step found.
    """
    now = int(at.timestamp()) // STEP_SECONDS
    plain = code.replace(" ", "")
    for step in (now, now - 1, now + 1):
        expected = pyotp.TOTP(secret).generate_otp(step)
        if step > after and hmac.compare_digest(
            expected.encode(), plain.encode("utf-8", "replace")
        ):
            return step
    return None


def recovery_codes() -> list[str]:
    """Make ten codes of 49 bits, each good once."""
    return [
        "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(2))
        for _ in range(RECOVERY_CODES)
    ]


def plain(code: str) -> str:
    """Write a recovery code as it is hashed: without blanks and dashes, in capitals."""
    return "".join(letter for letter in code.upper() if letter.isalnum())
