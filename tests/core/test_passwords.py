"""What may be a password, and what checking one costs."""

import pytest
from argon2 import PasswordHasher

from portal.core import passwords
from portal.core.errors import Refused, TooManyRequests


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "at least 8"),
        ("x" * 1025, "at most 1,024 bytes"),
        ("é" * 513, "at most 1,024 bytes"),
        ("password1", "common"),
        ("PassWord1", "common"),
        ("seven\0bottles", "NUL"),
        ("seven \ud800 bottles", "half a character"),
        ("my portal opens", "portal"),
        ("acmeroofing rules", "AcmeRoofing"),
    ],
)
def test_a_weak_or_broken_password_is_refused(password: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        passwords.check(password, names=("AcmeRoofing",))


@pytest.mark.parametrize("password", ["  blanks kept  ", "😀😀", "x" * 1024, "seven green bottles"])
def test_a_password_is_kept_exactly_as_typed(password: str) -> None:
    passwords.check(password)
    stored = passwords.hashed(password)

    assert passwords.fits(stored, password)
    assert not passwords.fits(stored, password[1:])
    assert stored.startswith("$argon2id$")


def test_the_list_of_common_passwords_is_there() -> None:
    for common in ("12345678", "iloveyou", "football", "trustno1", "qwertyuiop"):
        with pytest.raises(Refused):
            passwords.check(common)


def test_a_stranger_costs_as_much_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Either way one hash of the same cost is checked; how long that takes is the machine's."""
    checked: list[str] = []
    check = PasswordHasher.verify

    def noted(hasher: PasswordHasher, stored: str | bytes, password: str | bytes) -> bool:
        checked.append(str(stored).rsplit("$", 2)[0])
        return bool(check(hasher, stored, password))

    monkeypatch.setattr(PasswordHasher, "verify", noted)
    for stored in (passwords.hashed("seven green bottles"), ""):
        assert not passwords.fits(stored, "wrong one")

    assert len(checked) == 2
    assert checked[0] == checked[1]
    assert checked[0].startswith("$argon2id$")


def test_at_most_four_are_hashed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "WAIT_SECONDS", 0.05)
    for _ in range(passwords.HASHES_AT_ONCE):
        assert passwords.SLOTS.acquire()
    try:
        with pytest.raises(TooManyRequests):
            passwords.fits("", "seven green bottles")
    finally:
        passwords.SLOTS.release(passwords.HASHES_AT_ONCE)
    assert not passwords.fits("", "seven green bottles")
