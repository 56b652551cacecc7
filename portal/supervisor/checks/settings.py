"""Settings that would make the portal unsafe."""

import os
from collections.abc import Iterator

from portal.supervisor.checks.finding import Finding, Place

SHORTEST_KEY = 32
KNOWN_KEYS = frozenset(
    {
        "changeme",
        "change-me",
        "secret",
        "dev",
        "development",
        "insecure",
        "test",
        "password",
        "portal",
    }
)
DEBUGGING = ("FLASK_DEBUG", "WERKZEUG_DEBUG_PIN", "PORTAL_DEBUG")
FRESH_KEY = (
    "Set it to the output of `python3 -c 'import secrets; print(secrets.token_urlsafe(48))'`"
)


def look(place: Place) -> Iterator[Finding]:
    """Look at the key that signs tokens, and at debugging."""
    yield _key(place.config.secret_key)
    on = [
        name
        for name in DEBUGGING
        if os.environ.get(name, "0").lower() not in {"", "0", "false", "off"}
    ]
    yield Finding(
        "debug",
        ok=not on,
        what=f"{on[0]} turns the debugger on" if on else "no debugger",
        mend=f"Unset {on[0]}" if on else "",
        fatal=True,
    )


def _key(key: str) -> Finding:
    wrong = ""
    if not key:
        wrong = "is missing"
    elif len(key) < SHORTEST_KEY:
        wrong = f"has {len(key)} characters; {SHORTEST_KEY} are needed"
    elif _is_known(key):
        wrong = "is one that everybody knows"
    what = f"PORTAL_SECRET_KEY {wrong}" if wrong else "the secret key is long and not a known one"
    return Finding(
        "secret key", ok=not wrong, what=what, mend=FRESH_KEY if wrong else "", fatal=True
    )


def _is_known(key: str) -> bool:
    """A word from a manual, repeated or padded, is no secret."""
    plain = key.lower().strip("0123456789-_!. ")
    words = {word for word in KNOWN_KEYS if plain.replace(word, "").strip("-_ ") == ""}
    return bool(words) or len(set(key)) < 8  # noqa: PLR2004  # few letters, however many of them
