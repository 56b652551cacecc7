"""What may be a password, and what checking one costs."""

import time
from collections.abc import Callable
from functools import partial

import pytest

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


def test_a_stranger_costs_as_much_as_a_wrong_password() -> None:
    passwords.weaken(is_weak=False)
    try:
        stored = passwords.hashed("seven green bottles")
        known, unknown = (
            _seconds(partial(passwords.fits, text, "wrong one")) for text in (stored, "")
        )
    finally:
        passwords.weaken()

    assert 0.5 < known / unknown < 2


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


def _seconds(check: Callable[[], bool]) -> float:
    times = []
    for _ in range(5):
        start = time.perf_counter()
        check()
        times.append(time.perf_counter() - start)
    return sorted(times)[2]
