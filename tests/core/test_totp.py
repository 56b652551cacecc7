"""One-time codes, by the vectors of RFC 6238, each good once."""

import base64
from datetime import UTC, datetime

import pytest

from portal.core import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)

    assert totp.step_of(SECRET, code, at, after=0) == seconds // 30
    assert totp.step_of(SECRET, f"{code[:3]} {code[3:]}", at, after=0) == seconds // 30


def test_a_used_step_and_an_old_code_are_wrong() -> None:
    at = datetime.fromtimestamp(59, UTC)
    later = datetime.fromtimestamp(59 + 90, UTC)

    assert totp.step_of(SECRET, "287082", at, after=1) is None
    assert totp.step_of(SECRET, "287082", later, after=0) is None
    assert totp.step_of(SECRET, "２８７０８２", at, after=0) is None


def test_recovery_codes_are_ten_and_read_with_or_without_dash() -> None:
    codes = totp.recovery_codes()

    assert len(set(codes)) == 10
    assert totp.plain(codes[0].lower().replace("-", " ")) == totp.plain(codes[0])
