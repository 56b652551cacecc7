"""What became of each item of a list."""

from collections import Counter
from enum import StrEnum
from operator import attrgetter

import msgspec

NO_JSON = "is no JSON text"
"""How the reason for an item that cannot be read begins."""


_index, _status = attrgetter("index"), attrgetter("status")


class Status(StrEnum):
    """What became of one item."""

    STORED = "stored"
    UPDATED = "updated"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REFUSED = "refused"


class Verdict(msgspec.Struct, frozen=True):
    """One item's place in the list, its id, what became of it, and, where it was not kept, why."""

    index: int
    external_id: str
    status: str
    field: str | None = None
    reason: str | None = None


class Verdicts(msgspec.Struct, frozen=True):
    """Those of a whole list, in its order, and how many there are of each."""

    results: list[Verdict]
    stored: int = 0
    updated: int = 0
    duplicate: int = 0
    conflict: int = 0
    refused: int = 0

    @property
    def is_all_refused(self) -> bool:
        """Whether nothing at all was kept or known."""
        return bool(self.results) and self.refused == len(self.results)

    @property
    def is_unreadable(self) -> bool:
        """Whether nothing was kept and an item was no JSON text at all."""
        return self.is_all_refused and any(
            (verdict.reason or "").startswith(NO_JSON) for verdict in self.results
        )


def count(results: list[Verdict]) -> Verdicts:
    """Put verdicts in the order of their items and count them."""
    results.sort(key=_index)
    counts = Counter(map(_status, results))
    return Verdicts(results, **{str(status): many for status, many in counts.items()})
