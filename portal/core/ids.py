"""Ids that the application makes: time-ordered, so that new rows land together."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Make a version 7 UUID; ids of one process grow."""
    return uuid7()


def new_ids(many: int) -> list[str]:
    """Make several at once, as the text that a database reads: one after the other."""
    first = uuid7().int
    return [f"{first + number:032x}" for number in range(many)]
