"""Passwords: what may be one, and argon2 with a cap on how many are hashed at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.resources import files
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.core.errors import Refused, TooManyRequests

MIN_BYTES = 8
MAX_BYTES = 1024
HASHES_AT_ONCE = 4
WAIT_SECONDS = 3.0
PRODUCT_WORDS = ("portal", "larkfield")
# Shorter names are inside too many good passwords.
NAME_LENGTH = 4

SLOTS = BoundedSemaphore(HASHES_AT_ONCE)
_hashers = {
    False: PasswordHasher(),
    True: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1),
}
_is_weak = False


def weaken(*, is_weak: bool = True) -> None:
    """Hash at almost no cost from now on. Tests only: they make hundreds of people."""
    global _is_weak  # noqa: PLW0603 - a process is either a test or it is not
    _is_weak = is_weak
    _dummy.cache_clear()


def check(password: str, *, names: tuple[str, ...] = ()) -> None:
    """
    Accept `password` for a new one, kept exactly as typed.

    Raises:
        Refused: it is too short, too long, common, or contains one of `names`.
    """
    if size(password) < MIN_BYTES:
        raise Refused(f"Use at least {MIN_BYTES} characters.", field="password")
    folded = password.casefold()
    if folded in _common():
        raise Refused(
            "This password is on a list of common ones. Choose another.", field="password"
        )
    for name in (*PRODUCT_WORDS, *names):
        if len(name) >= NAME_LENGTH and name.casefold() in folded:
            raise Refused(f"A password may not contain “{name}”.", field="password")


def size(password: str) -> int:
    """
    Count the bytes of `password`.

    Raises:
        Refused: more than 1,024, or it holds a NUL or half a character.
    """
    try:
        count = len(password.encode())
    except UnicodeEncodeError:
        raise Refused("A password may not hold half a character.", field="password") from None
    if count > MAX_BYTES:
        raise Refused(f"A password may have at most {MAX_BYTES:,} bytes.", field="password")
    if "\0" in password:
        raise Refused("A password may not hold a NUL character.", field="password")
    return count


def hashed(password: str) -> str:
    """Hash `password` with argon2id and a salt of its own."""
    size(password)
    with _slot():
        return _hashers[_is_weak].hash(password)


def fits(stored: str, password: str) -> bool:
    """Tell whether `password` is the one; takes as long when there is none ('')."""
    size(password)
    with _slot():
        try:
            return _hashers[_is_weak].verify(stored or _dummy(), password) and bool(stored)
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    """Tell whether `stored` was made with weaker settings than today's."""
    return _hashers[_is_weak].check_needs_rehash(stored)


@contextmanager
def _slot() -> Iterator[None]:
    if not SLOTS.acquire(timeout=WAIT_SECONDS):
        raise TooManyRequests("Many people are signing in. Try again in a moment.", retry_after=5)
    try:
        yield
    finally:
        SLOTS.release()


@lru_cache(maxsize=1)
def _dummy() -> str:
    """Stands in for the hash of a person who does not exist, so that both take the same time."""
    return _hashers[_is_weak].hash("nobody has this password")


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    """Those of at least eight characters among the 30,000 commonest of zxcvbn (MIT licence)."""
    text = files("portal.core").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line.casefold() for line in text.splitlines())
