"""Why an item is not kept: the field, the rule with its limit, and the row that remembers it."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from portal.core import bulk
from portal.core.db import Base
from portal.core.ids import new_id

ITEM_CHARACTERS = 2_000
INSTANT_FORM = "an instant with an offset, such as 2026-01-31T14:05:00Z"

_PATH = re.compile(r" - at `\$\.?([^`]*)`$")
_NAMED = re.compile(r"(?:unknown|required) field `([^`]*)`")
_WORDS = (
    (re.compile(r"Invalid RFC3339 encoded datetime"), f"must be {INSTANT_FORM}"),
    (re.compile(r"Expected `datetime` with a timezone component"), f"must be {INSTANT_FORM}"),
    (re.compile(r"Expected `datetime(?: \| null)?`, got `(\w+)`"), f"must be {INSTANT_FORM}"),
    (re.compile(r"Invalid RFC3339 encoded date"), "must be a date such as 2026-01-31"),
    (re.compile(r"Object missing required field `[^`]*`"), "is required"),
    (re.compile(r"Object contains unknown field `[^`]*`"), "is not a field of this kind"),
    (re.compile(r"Expected `str` of length >= 1"), "must not be empty"),
    (re.compile(r"Expected `str` of length <= (\d+)"), r"must have at most \1 characters"),
    (re.compile(r"Invalid enum value '(.*)'"), r"may not be '\1'"),
    (re.compile(r"Expected `(\w+)` (<=|>=) (\S+)"), r"must be \2 \3"),
    (re.compile(r"Expected `([^`]*)`, got `(\w+)`"), r"must be \1, not \2"),
)


class Refusal(Exception):
    """One item cannot be kept."""

    def __init__(self, field: str, reason: str, *, external_id: str = "") -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason
        self.external_id = external_id


class Refused(NamedTuple):
    """A refused or conflicting item, as it is remembered."""

    status: str
    external_id: str
    field: str
    reason: str
    item: Any


def explain(error: msgspec.ValidationError) -> Refusal:
    """Say in words of the API what msgspec found."""
    text = str(error)
    field = ""
    if path := _PATH.search(text):
        field, text = path[1], text[: path.start()]
    if named := _NAMED.search(text):
        field = f"{field}.{named[1]}" if field else named[1]
    for pattern, words in _WORDS:
        if found := pattern.search(text):
            return Refusal(field, found.expand(words))
    return Refusal(field, text[:1].lower() + text[1:])


def keep(
    connection: sa.Connection,
    client_id: UUID,
    kind: str,
    system: str,
    received_at: datetime,
    refused: Sequence[Refused],
) -> None:
    """Remember refused and conflicting items, one row each; the caller commits."""
    columns = (
        "client_id",
        "id",
        "received_at",
        "kind",
        "system",
        "status",
        "external_id",
        "field",
        "reason",
        "item",
    )
    rows = [
        (
            client_id,
            new_id(),
            received_at,
            kind,
            system,
            one.status,
            storable(one.external_id)[:255],
            storable(one.field)[:255],
            storable(one.reason)[:500],
            as_text(one.item),
        )
        for one in refused
    ]
    bulk.insert(connection, Base.metadata.tables["ingest_refusals"], columns, rows)


def as_text(item: Any) -> str:
    """Show an item as it came, cut to what is kept."""
    item = getattr(item, "raw", item)
    if isinstance(item, msgspec.Raw):
        item = bytes(item)
    if isinstance(item, bytes):
        return storable(item[: 4 * ITEM_CHARACTERS].decode("utf-8", "replace"))[:ITEM_CHARACTERS]
    return storable(json.dumps(item, default=repr, ensure_ascii=False))[:ITEM_CHARACTERS]


def storable(text: str) -> str:
    """Write what PostgreSQL takes in no text, NUL and lone surrogates, as their escapes."""
    if text.isascii() and "\0" not in text:
        return text
    safe = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return safe.replace("\0", "\\u0000")
