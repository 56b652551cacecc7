"""Product events as Segment's clients write them, and PostHog's: read into rows."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta, Raw

from portal.core.ids import new_id
from portal.ingest import content
from portal.ingest.refusals import Refusal, explain
from portal.ingest.verdicts import NO_JSON

MOST_WORD = 255
FIRST = datetime(1900, 1, 1, tzinfo=UTC)
AHEAD = timedelta(hours=24)
SKEW = timedelta(minutes=5)
EMPTY = Raw(b"")
TYPES = frozenset({"track", "identify", "page", "screen", "group", "alias"})

Instant = Annotated[datetime, Meta(tz=True)]
Identity = str | int | float | None


class SegmentEvent(msgspec.Struct, rename="camel"):
    """One call of a Segment client; what is not named here is not kept."""

    type: str | None = None
    message_id: Identity = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    user_id: Identity = None
    anonymous_id: Identity = None
    previous_id: Identity = None
    group_id: Identity = None
    timestamp: Instant | None = None
    sent_at: Raw = EMPTY
    properties: Raw = EMPTY
    traits: Raw = EMPTY
    context: Raw = EMPTY


class PostHogEvent(msgspec.Struct):
    """One item of PostHog's `/batch/`."""

    event: str
    uuid: Identity = None
    distinct_id: Identity = None
    timestamp: Instant | None = None
    sent_at: Raw = EMPTY
    properties: Raw = EMPTY


class Arrived(NamedTuple):
    """What all events of one request share."""

    received_at: datetime
    sent_at: datetime | None
    """When the sender says that it sent the request."""


class Event(NamedTuple):
    """One event on its way into its table."""

    message_id: str
    type: str
    name: str
    occurred_at: datetime
    timestamp: datetime | None
    sent_at: datetime | None
    received_at: datetime
    user_id: str
    anonymous_id: str
    previous_id: str
    actor: str
    properties: str
    """JSON text as sent."""
    context: str
    body_hash: bytes
    """Of its JSON text as sent: equal hashes are equal events, others are compared."""


POSTHOG_TYPES = {
    "$identify": "identify",
    "$create_alias": "alias",
    "$pageview": "page",
    "$screen": "screen",
    "$groupidentify": "group",
}


def from_segment(sent: SegmentEvent, arrived: Arrived, body_hash: bytes) -> Event:
    """
    Check one event.

    Raises:
        Refusal: it breaks a rule; names the field and the limit.
    """
    try:
        kind = _type(sent)
        user, anonymous = _people(sent)
        sent_at = moment(sent.sent_at) or arrived.sent_at if sent.sent_at else arrived.sent_at
        name = sent.event if kind == "track" else sent.name
        return Event(
            _text("messageId", sent.message_id) or new_id().hex,
            kind,
            _word("event" if kind == "track" else "name", name) or kind,
            occurred(sent.timestamp, sent_at, arrived.received_at),
            sent.timestamp,
            sent_at,
            arrived.received_at,
            user,
            anonymous,
            _text("previousId", sent.previous_id),
            user or anonymous,
            _described(kind, sent),
            _context(sent),
            body_hash,
        )
    except Refusal as refusal:
        refusal.external_id = str(sent.message_id or "")[:MOST_WORD]
        raise


def _type(sent: SegmentEvent) -> str:
    """Check what each type must have."""
    kind = sent.type
    if kind not in TYPES:
        raise Refusal("type", f"must be one of {', '.join(sorted(TYPES))}")
    if kind == "track" and not sent.event:
        raise Refusal("event", "is required")
    if kind == "alias" and not sent.previous_id:
        raise Refusal("previousId", "is required")
    if kind == "group" and not sent.group_id:
        raise Refusal("groupId", "is required")
    return kind


def _people(sent: SegmentEvent) -> tuple[str, str]:
    user, anonymous = _text("userId", sent.user_id), _text("anonymousId", sent.anonymous_id)
    if not user and not anonymous:
        raise Refusal("userId", "userId or anonymousId is required")
    return user, anonymous


def _described(kind: str, sent: SegmentEvent) -> str:
    if kind in ("identify", "group") and sent.traits:
        return _object("traits", sent.traits)
    return _object("properties", sent.properties)


def _context(sent: SegmentEvent) -> str:
    """Give the context, with what its sender said beside it."""
    context = _object("context", sent.context)
    if sent.group_id is None and not sent.category:
        return context
    said = {"groupId": _text("groupId", sent.group_id), "category": sent.category}
    told = {name: value for name, value in said.items() if value}
    return msgspec.json.encode({**told, **msgspec.json.decode(context)}).decode()


def from_posthog(sent: PostHogEvent, arrived: Arrived, body_hash: bytes) -> Event:
    """
    Check one item of PostHog's batch.

    Raises:
        Refusal: it breaks a rule; names the field and the limit.
    """
    try:
        return _posthog(sent, arrived, body_hash)
    except Refusal as refusal:
        refusal.external_id = str(sent.uuid or "")[:MOST_WORD]
        raise


def _posthog(sent: PostHogEvent, arrived: Arrived, body_hash: bytes) -> Event:
    properties = _object("properties", sent.properties)
    told = _told(properties)
    user = _text("distinct_id", sent.distinct_id) or _text("distinct_id", told.distinct_id)
    if not user:
        raise Refusal("distinct_id", "is required")
    kind = POSTHOG_TYPES.get(sent.event, "track")
    previous = ""
    if kind == "alias":
        previous, user = user, _text("alias", told.alias) or user
    sent_at = moment(sent.sent_at) or arrived.sent_at
    return Event(
        message_id=_text("uuid", sent.uuid) or new_id().hex,
        type=kind,
        name=_word("event", sent.event) or kind,
        occurred_at=occurred(sent.timestamp, sent_at, arrived.received_at),
        timestamp=sent.timestamp,
        sent_at=sent_at,
        received_at=arrived.received_at,
        user_id=user,
        anonymous_id=_text("$anon_distinct_id", told.anonymous),
        previous_id=previous,
        actor=user,
        properties=properties,
        context="{}",
        body_hash=body_hash,
    )


class _Told(msgspec.Struct):
    """What PostHog's clients say about the person inside `properties`."""

    distinct_id: Identity = None
    alias: Identity = None
    anonymous: Identity = msgspec.field(default=None, name="$anon_distinct_id")


def _told(properties: str) -> _Told:
    try:
        return msgspec.json.decode(properties, type=_Told)
    except msgspec.ValidationError as error:
        raise explain(error) from None


def moment(sent: Raw | str | None) -> datetime | None:
    """Read a `sentAt`; one that cannot be read says nothing."""
    if not sent:
        return None
    try:
        if isinstance(sent, str):
            return msgspec.convert(sent, Instant)
        return msgspec.json.decode(sent, type=Instant)
    except msgspec.DecodeError:
        return None


def occurred(
    timestamp: datetime | None, sent_at: datetime | None, received_at: datetime
) -> datetime:
    """
    Say when an event happened: its `timestamp`, moved by what its sender's clock is wrong.

    Raises:
        Refusal: that is too long ago, or in the future.
    """
    if timestamp is None:
        return received_at
    at = timestamp
    if sent_at is not None:
        wrong = received_at - sent_at
        if abs(wrong) > SKEW:
            at = _shifted(at, wrong)
    if not FIRST <= at <= received_at + AHEAD:
        raise Refusal("timestamp", "must lie between the year 1900 and 24 hours after receipt")
    return at


def _shifted(at: datetime, by: timedelta) -> datetime:
    try:
        return at + by
    except OverflowError:
        return at


def _text(field: str, value: Identity) -> str:
    """Give an id as text, as the clients' own servers do."""
    if value is None:
        return ""
    return _word(field, value if isinstance(value, str) else str(value))


def _word(field: str, value: str | None) -> str:
    if not value:
        return ""
    if len(value) > MOST_WORD:
        raise Refusal(field, f"must have at most {MOST_WORD} characters, not {len(value)}")
    if "\0" in value:
        raise Refusal(field, "must not hold the character NUL (U+0000)")
    return value


def _object(field: str, raw: Raw) -> str:
    """Check a free-form object and give its text as it was sent."""
    text = bytes(raw)
    if not text or text in {b"null", b"{}"}:
        return "{}"
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(field, f"{NO_JSON}: {error}") from None
    content.check_object(field, value, text)
    return text.decode()
