"""What makes a kind of fact: the item it is sent as, the table, and how one becomes the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from portal.core.calendar import Calendar
from portal.core.db import Base
from portal.core.registry import Registry
from portal.ingest.kinds.item import Item
from portal.models.facts.fact import Fact


class Version(msgspec.Struct, frozen=True):
    """One received version of a fact."""

    number: int
    """`version` as sent, else `updated_at` in microseconds, else UNVERSIONED."""
    body: dict[str, Any]
    """Its fields as sent, without `external_id` and `version`."""
    encoded: bytes
    """The same as canonical JSON text."""
    hash: bytes
    received_at: datetime
    item: Item | None = None
    """The fields, typed; None where nobody has asked yet."""
    is_withdrawal: bool = False


class Fold(msgspec.Struct, frozen=True):
    """What is known of a fact: the newest value of each field, and the versions behind it."""

    item: Any
    versions: Sequence[Version]
    """Oldest first, without withdrawals; at least one."""
    received_at: datetime
    """Of the first version received."""
    calendar: Calendar

    def currency(self, sent: object, *, of: object = 0) -> str:
        """Give the currency as sent, else the client's on that day; '' if `of` is no amount."""
        if isinstance(sent, str):
            return sent
        if not isinstance(of, int):
            return ""
        spans = self.calendar.spans
        return spans[0].currency if len(spans) == 1 else self.calendar.at(self._day()).currency

    def _day(self) -> date:
        at = self.item.occurred_at
        return self.calendar.day_of(at if isinstance(at, datetime) else self.received_at)


Derive = Callable[[Fold], tuple[Any, ...]]
Check = Callable[[Any], tuple[str, str] | None]


def nothing_to_check(_item: Any) -> tuple[str, str] | None:
    """Find no fault."""
    return None


def no_history(_versions: Sequence[Version]) -> tuple[Any, ...]:
    """Say that older versions tell nothing but through the fold."""
    return ()


def occurred(fold: Fold) -> datetime:
    """Give when it happened, as every item of most kinds must say."""
    at: datetime = fold.item.occurred_at
    return at


@dataclass(frozen=True)
class FactKind:
    """One kind of fact. `derive` gives the values of `columns`, in their order."""

    key: str
    model: type[Fact]
    item: type[Item]
    columns: tuple[str, ...]
    derive: Derive
    instants: tuple[str, ...] = ()
    """Columns besides `occurred_at` whose local day the fact counts on."""
    references: tuple[tuple[str, str], ...] = ()
    """(column, entity kind) besides lead, contact and campaign."""
    planned: frozenset[str] = frozenset()
    """Fields whose instant may lie in the future."""
    check: Check = nothing_to_check
    """Rules between fields: gives (field, reason) of what is wrong."""
    history: Callable[[Sequence[Version]], tuple[Any, ...]] = no_history
    """What older versions tell besides the fold; another one makes an old version an update."""
    occurred: Callable[[Fold], datetime] = occurred

    @property
    def table(self) -> sa.Table:
        """Its table, named as the kind is."""
        return Base.metadata.tables[self.key]

    @property
    def has_placeholders(self) -> bool:
        """Whether rows may stand for facts that were never sent."""
        return "is_placeholder" in self.table.columns


KINDS: Registry[FactKind] = Registry("fact kind")
