"""Rules for what senders may put into free-form objects: names, depth, NUL."""

from typing import Any

from portal.ingest.refusals import Refusal

MOST_PROPERTIES = 255
MOST_LEVELS = 20
MOST_NAME = 255


def check_object(field: str, value: Any, encoded: bytes) -> None:
    """
    Refuse an object that breaks a limit.

    Args:
        field: its name, for the refusal.
        value: the object as decoded.
        encoded: its JSON text, or one that holds it.
    """
    if not isinstance(value, dict):
        raise Refusal(field, f"must be an object, not {_name(value)}")
    if len(value) > MOST_PROPERTIES:
        raise Refusal(field, f"must have at most {MOST_PROPERTIES} properties, not {len(value)}")
    if b"\\u0000" in encoded:
        check_text(field, value)
    if len(encoded) > MOST_NAME or b'""' in encoded or _marks(encoded) > MOST_LEVELS:
        _check_names(field, value, 1)


def _marks(encoded: bytes) -> int:
    """How many levels there can be at most."""
    return encoded.count(b"{") + encoded.count(b"[")


def check_text(field: str, value: Any) -> None:
    """Refuse NUL in any string below `value`; it is at most as deep as the parser went."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            if "\0" in one:
                raise Refusal(field, "must not hold the character NUL (U+0000)")
        elif isinstance(one, dict):
            left.extend(one)
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)


def _check_names(field: str, value: Any, level: int) -> None:
    if level > MOST_LEVELS:
        raise Refusal(field, f"must have at most {MOST_LEVELS} levels")
    if type(value) is dict:
        if value and max(map(len, value)) > MOST_NAME:
            raise Refusal(field, f"must have names of at most {MOST_NAME} characters")
        if "" in value:
            raise Refusal(field, "must not have an empty name")
        value = value.values()
    for one in value:
        if type(one) is dict or type(one) is list:
            _check_names(field, one, level + 1)


def _name(value: Any) -> str:
    return {list: "a list", str: "a string", bool: "a boolean", type(None): "null"}.get(
        type(value), "a number"
    )
