"""A fact is the fold of its versions: pure functions, no database."""

from bisect import insort
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from portal.ingest.kinds.kind import FactKind, Version
from portal.ingest.verdicts import Status
from portal.models.facts.fact import UNVERSIONED


class History:
    """All received versions of one fact, oldest first."""

    def __init__(self, kind: FactKind, versions: Iterable[Version] = ()) -> None:
        self.kind = kind
        self.versions: list[Version] = sorted(versions, key=_by_number)
        self.added: list[Version] = []
        """Those that were taken in since it was made."""

    def take(self, new: Version) -> Status:
        """
        Take in a version, unless it is known or in conflict.

        A version without a number cannot be put in order: once the fact is known, it is a
        duplicate or a conflict.
        """
        if not self.versions:
            self._add(new)
            return Status.STORED
        same = next((one for one in self.versions if one.number == new.number), None)
        if same is not None:
            return Status.DUPLICATE if _is_same(same, new) else Status.CONFLICT
        if new.number == UNVERSIONED:
            known = any(_is_same(one, new) for one in self.versions)
            return Status.DUPLICATE if known else Status.CONFLICT
        newest = new.number > self.versions[-1].number
        before = None if newest else self._tells()
        self._add(new)
        return Status.UPDATED if newest or self._tells() != before else Status.DUPLICATE

    @property
    def told(self) -> list[Version]:
        """Versions that are no withdrawals."""
        return [one for one in self.versions if not one.is_withdrawal]

    @property
    def body(self) -> dict[str, Any]:
        """The newest value of each field; a field that no version carries is not there."""
        folded: dict[str, Any] = {}
        for version in self.told:
            folded.update(version.body)
        return folded

    @property
    def withdrawn_at(self) -> datetime | None:
        """When it was withdrawn, if the newest version says so."""
        newest = self.versions[-1]
        return newest.received_at if newest.is_withdrawal else None

    @property
    def received_at(self) -> datetime:
        """When it was first received."""
        return min(one.received_at for one in self.versions)

    def _add(self, new: Version) -> None:
        insort(self.versions, new, key=_by_number)
        self.added.append(new)

    def _tells(self) -> tuple[Any, ...]:
        return self.body, self.withdrawn_at, self.kind.history(self.told)


def _by_number(version: Version) -> int:
    return version.number


def _is_same(one: Version, other: Version) -> bool:
    return one.hash == other.hash and one.is_withdrawal == other.is_withdrawal
