"""Reading an item into a version of a fact."""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from babel.numbers import list_currencies
from msgspec import UNSET

from portal.ingest import content
from portal.ingest.kinds.item import Item
from portal.ingest.kinds.kind import FactKind, Version
from portal.ingest.refusals import Refusal, explain
from portal.models.facts.fact import UNVERSIONED

FIRST = datetime(1900, 1, 1, tzinfo=UTC)
LAST_PLANNED = datetime(2200, 1, 1, tzinfo=UTC)
AHEAD = timedelta(hours=24)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

_encode = msgspec.json.Encoder(order="sorted").encode
_currencies = frozenset(list_currencies())


def read(kind: FactKind, sent: Any, received_at: datetime) -> Version:
    """
    Check an item against its kind.

    Raises:
        Refusal: it breaks a rule; names the field and the limit.
    """
    if isinstance(sent, dict) and "customer_id" in sent:
        sent = _renamed(sent)
    item = _typed(kind, sent)
    body = sent.copy()
    del body["external_id"]
    body.pop("version", None)
    encoded = _encoded(body)
    _check(kind, item, body, encoded, received_at)
    return Version(
        number=_number(item),
        body=body,
        encoded=encoded,
        hash=hashlib.sha256(encoded).digest(),
        received_at=received_at,
        item=item,
    )


def kept(number: int, body: dict[str, Any], hash_: bytes, received_at: datetime) -> Version:
    """Make the version that a stored row is."""
    return Version(number, body, b"", hash_, received_at)


def typed(kind: FactKind, external_id: str, body: dict[str, Any]) -> Item:
    """Give the typed fields of a body whose versions were accepted."""
    return msgspec.convert({"external_id": external_id, **body}, kind.item)


def canonical(body: dict[str, Any]) -> bytes:
    """Write a body as its one JSON text."""
    return _encode(body)


def id_of(sent: Any) -> str:
    """Give an item's id as far as it can be told, for its verdict."""
    found = sent.get("external_id") if isinstance(sent, dict) else None
    return found[:255] if isinstance(found, str) else ""


def _typed(kind: FactKind, sent: Any) -> Item:
    try:
        return msgspec.convert(sent, kind.item)
    except msgspec.ValidationError as error:
        if not isinstance(sent, dict):
            raise Refusal("", "an item must be an object") from None
        raise explain(error) from None


def _encoded(body: dict[str, Any]) -> bytes:
    try:
        return _encode(body)
    except (OverflowError, UnicodeEncodeError, TypeError, RecursionError) as error:
        raise Refusal("properties", f"cannot be kept: {error}") from None


def _check(
    kind: FactKind, item: Item, body: dict[str, Any], encoded: bytes, received_at: datetime
) -> None:
    if b"\\u0000" in encoded or "\0" in item.external_id:
        for name, value in (*body.items(), ("external_id", item.external_id)):
            content.check_text(name, value)
    if isinstance(item.properties, dict):
        content.check_object("properties", item.properties, encoded)
    currency = body.get("currency")
    if currency is not None and currency not in _currencies:
        raise Refusal("currency", "must be a currency code of ISO 4217, such as EUR")
    _check_instants(kind, item, received_at + AHEAD)
    if wrong := kind.check(item):
        raise Refusal(*wrong)


def _check_instants(kind: FactKind, item: Item, latest: datetime) -> None:
    for name in _instant_fields(kind):
        at = getattr(item, name)
        if type(at) is datetime:
            _check_instant(name, at, LAST_PLANNED if name in kind.planned else latest)


def _check_instant(name: str, at: datetime, last: datetime) -> None:
    if FIRST <= at <= last:
        return
    limit = "24 hours after receipt" if last is not LAST_PLANNED else "the year 2200"
    raise Refusal(name, f"must lie between the year 1900 and {limit}")


@lru_cache(maxsize=64)
def _instant_fields(kind: FactKind) -> tuple[str, ...]:
    return tuple(name for name in kind.item.__struct_fields__ if name.endswith("_at"))


def _number(item: Item) -> int:
    if isinstance(item.version, int):
        return item.version
    if isinstance(item.updated_at, datetime):
        return (item.updated_at - EPOCH) // MICROSECOND
    return UNVERSIONED


def _renamed(sent: dict[str, Any]) -> dict[str, Any]:
    """`customer_id` is another word for `contact_id`."""
    if sent.get("contact_id", UNSET) is not UNSET:
        raise Refusal("customer_id", "send contact_id or customer_id, not both")
    return {("contact_id" if name == "customer_id" else name): sent[name] for name in sent}
