"""Where a list goes on: signed, and of use to one client in one list only."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from portal.core.errors import Refused

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_CHARACTERS = 4_000


def write(client_id: UUID, of: str, place: Sequence[Any]) -> str:
    """Write the place of the last row shown in list `of`."""
    parts = [_packed(part) for part in place]
    return str(_signer(client_id, of).dumps(parts))


def read(client_id: UUID, of: str, text: str) -> tuple[Any, ...]:
    """
    Read a place.

    Raises:
        Refused: it is not one that this client got for this list.
    """
    try:
        parts = _signer(client_id, of).loads(text[:MOST_CHARACTERS])
        return tuple(_unpacked(part) for part in parts)
    except (BadData, ValueError, TypeError):
        raise Refused("This cursor is not one of this list.", field="cursor") from None


def _signer(client_id: UUID, of: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt=f"cursor:{client_id}:{of}")


def _packed(part: Any) -> list[Any]:
    if isinstance(part, datetime):
        return ["t", (part - EPOCH) // timedelta(microseconds=1)]
    return ["u", part.hex] if isinstance(part, UUID) else ["s", part]


def _unpacked(part: list[Any]) -> Any:
    kind, value = part
    if kind == "t":
        return EPOCH + timedelta(microseconds=value)
    return UUID(value) if kind == "u" else value
