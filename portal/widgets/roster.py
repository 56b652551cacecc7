"""The agency's list of clients in words, searched and sorted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from portal.catalog.roster import Entry
from portal.core.units import UNDEFINED, count, money
from portal.widgets.sparkline import Sparkline, sparkline

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
SORTS = (
    {"key": "name", "label": "Client", "left": True},
    {"key": "status", "label": "State", "left": True},
    {"key": "leads", "label": "Leads, 30 days", "left": True},
    {"key": "mrr", "label": "MRR"},
    {"key": "received", "label": "Last data"},
)
TONES = {"active": "good", "paused": "warn", "churned": "bad"}


@dataclass(frozen=True)
class Sorting:
    """By which column, and which way."""

    key: str
    is_descending: bool

    @classmethod
    def read(cls, text: str) -> "Sorting":
        """Read the `sort` argument; anything else is by name."""
        key = text.lstrip("-")
        if key not in {column["key"] for column in SORTS}:
            return cls("name", is_descending=False)
        return cls(key, text.startswith("-"))

    @property
    def text(self) -> str:
        """Write it as the address does."""
        return f"-{self.key}" if self.is_descending else self.key


@dataclass(frozen=True)
class Line:
    """One client."""

    id: UUID
    slug: str
    name: str
    about: str
    status: str
    tone: str
    leads: str
    trend: Sparkline
    mrr: str
    received_at: datetime | None


def lines(entries: Sequence[Entry], *, search: str, sorting: Sorting) -> list[Line]:
    """Put clients into words, those that `search` names, in order."""
    wanted = search.casefold()
    found = [one for one in entries if wanted in f"{one.name} {one.slug} {one.trade}".casefold()]
    found.sort(key=lambda one: _key(one, sorting.key), reverse=sorting.is_descending)
    return [_line(one) for one in found]


def _key(entry: Entry, key: str) -> Any:
    keys: dict[str, Any] = {
        "name": entry.name.casefold(),
        "status": entry.status,
        "leads": entry.total_leads,
        "mrr": sum((minor for _, minor in entry.mrr), Decimal(0)),
        "received": entry.received_at or LONG_AGO,
    }
    return keys[key]


def _line(entry: Entry) -> Line:
    return Line(
        id=entry.id,
        slug=entry.slug,
        name=entry.name,
        about=f"{entry.trade.capitalize()} · {entry.zone}",
        status=entry.status.capitalize(),
        tone=TONES.get(entry.status, ""),
        leads=count(entry.total_leads),
        trend=sparkline(entry.leads, label=f"Leads a day of {entry.name}, the last thirty days"),
        mrr=", ".join(money(minor, currency) for currency, minor in entry.mrr) or UNDEFINED,
        received_at=entry.received_at,
    )
