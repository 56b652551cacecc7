"""The fields that items of all kinds have, and the words for the values that fields take."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

MOST_MINOR = 9_000_000_000_000_000
MOST_WORD = 255

Id = Annotated[str, Meta(min_length=1, max_length=MOST_WORD)]
Word = Annotated[str, Meta(max_length=MOST_WORD)] | None | UnsetType
Text = str | None | UnsetType
Instant = Annotated[datetime, Meta(tz=True)] | None | UnsetType
Amount = Annotated[int, Meta(ge=0, le=MOST_MINOR)]
SignedAmount = Annotated[int, Meta(ge=-MOST_MINOR, le=MOST_MINOR)]
Count = Annotated[int, Meta(ge=0, le=MOST_MINOR)]
Score = Annotated[float, Meta(ge=0, le=100)] | None | UnsetType
Share = Annotated[float, Meta(ge=0, le=1)] | None | UnsetType
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")] | None | UnsetType


class Reference(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The id of another fact, in the system that gave it."""

    system: Id
    id: Id


Ref = Id | Reference


class Item(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What any fact may carry. UNSET is a field that was not sent, None one that was cleared."""

    external_id: Id
    occurred_at: Instant = UNSET
    version: Annotated[int, Meta(ge=0, le=MOST_MINOR)] | UnsetType | None = UNSET
    updated_at: Instant = UNSET
    properties: dict[str, Any] | UnsetType | None = UNSET
    source: Word = UNSET
    channel: Word = UNSET
    owner: Word = UNSET
    location: Word = UNSET
    campaign_id: Ref | UnsetType | None = UNSET
    lead_id: Ref | UnsetType | None = UNSET
    contact_id: Ref | UnsetType | None = UNSET


class Happening(Item, kw_only=True):
    """An item that must say when it happened."""

    occurred_at: Annotated[datetime, Meta(tz=True)]


def word(value: str | UnsetType | None) -> str:
    """Give the text of a field, '' where there is none."""
    return value if isinstance(value, str) else ""


def known(value: Any) -> Any:
    """Give the value of a field, None where there is none."""
    return None if value is UNSET else value


def reference(value: Ref | UnsetType | None) -> tuple[str, str]:
    """Give system and id of a reference; '' for what was not said."""
    if isinstance(value, str):
        return "", value
    return (value.system, value.id) if isinstance(value, Reference) else ("", "")
