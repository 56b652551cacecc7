"""Product events in: immutable, deduplicated for ever on the sender's own id."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from portal.catalog.calendars import calendar_of
from portal.core import bulk
from portal.core.calendar import now
from portal.core.collector import collection_paused
from portal.core.db import Base
from portal.ingest import refusals, transactions, wire
from portal.ingest.days import Days
from portal.ingest.refusals import Refusal, Refused
from portal.ingest.verdicts import NO_JSON, Status, Verdict, Verdicts, count
from portal.ingest.wire import Arrived, Event, PostHogEvent, SegmentEvent
from portal.rollups.marks import mark_days, mark_entities

MOST_BYTES = 32 * 1024
MOST_POSTHOG_BYTES = 128 * 1024
COLUMNS = ("client_id", "system", *Event._fields)
CONFLICT = "another body is stored under this id"

Read = Callable[[Any, Arrived, bytes], Event]


@dataclass(frozen=True, slots=True)
class Form:
    """A way of writing events, and how large one may be."""

    decode: Callable[[Any], Any]
    read: Read
    most_bytes: int


SEGMENT = Form(msgspec.json.Decoder(SegmentEvent).decode, wire.from_segment, MOST_BYTES)
POSTHOG = Form(msgspec.json.Decoder(PostHogEvent).decode, wire.from_posthog, MOST_POSTHOG_BYTES)


def single(call: str) -> Form:
    """Give the form of an address that takes one call; the address says its type."""

    def read(sent: SegmentEvent, arrived: Arrived, body_hash: bytes) -> Event:
        sent.type = call
        return wire.from_segment(sent, arrived, body_hash)

    return Form(SEGMENT.decode, read, MOST_BYTES)


@dataclass
class Batch:
    """One list on its way into the database."""

    client_id: UUID
    system: str
    arrived: Arrived
    events: dict[str, Event] = field(default_factory=dict)
    """The first of each id."""
    places: dict[str, list[int]] = field(default_factory=dict)
    """Where in the list each id stands."""
    sent: dict[int, Any] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    results: list[Verdict] = field(default_factory=list)


@collection_paused()
def store(
    client_id: UUID,
    system: str,
    items: Sequence[Any],
    *,
    form: Form = SEGMENT,
    received_at: datetime | None = None,
    sent_at: datetime | None = None,
) -> Verdicts:
    """
    Store a list of events, in one transaction of its own, and say what became of each.

    Args:
        client_id: whose events they are.
        system: the source system whose ids they carry.
        items: each an object, or its JSON text (bytes or msgspec.Raw).
        form: how they are written.
        received_at: when they arrived; now by default.
        sent_at: when their sender says that it sent them.
    """
    batch = Batch(client_id, system, Arrived(received_at or now(), sent_at))
    for index, sent in enumerate(items):
        _read(batch, index, sent, form)
    read = len(batch.refused), list(batch.results)

    def work(connection: sa.Connection) -> Verdicts:
        del batch.refused[read[0] :]
        batch.results[:] = read[1]
        _store(connection, batch)
        return count(batch.results)

    return transactions.in_one(client_id, work)


def _read(batch: Batch, index: int, sent: Any, form: Form) -> None:
    try:
        text = _text(sent, form)
        body_hash = hashlib.sha256(text).digest()
        event = form.read(_decoded(text, form), batch.arrived, body_hash)
    except Refusal as refusal:
        _refuse(batch, index, sent, refusal)
        return
    id_ = event.message_id
    if id_ not in batch.events:
        batch.events[id_] = event
        batch.places[id_] = [index]
    elif _is_same(batch.events[id_], event):
        batch.places[id_].append(index)
    else:
        _conflict(batch, index, id_, sent)
        return
    batch.sent[index] = sent


def _text(sent: Any, form: Form) -> bytes | msgspec.Raw:
    if isinstance(sent, Refusal):
        raise sent
    text = sent if isinstance(sent, bytes | msgspec.Raw) else _encoded(sent)
    if len(text) > form.most_bytes:
        raise Refusal("", f"an event must have at most {form.most_bytes} bytes, not {len(text)}")
    return text


def _decoded(text: bytes | msgspec.Raw, form: Form) -> Any:
    try:
        return form.decode(text)
    except msgspec.ValidationError as error:
        raise refusals.explain(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal("", f"{NO_JSON}: {error}") from None


def _encoded(sent: Any) -> bytes:
    try:
        return msgspec.json.encode(sent)
    except (OverflowError, UnicodeEncodeError, TypeError, RecursionError) as error:
        raise Refusal("", f"cannot be kept: {error}") from None


def _store(connection: sa.Connection, batch: Batch) -> None:
    days = Days(calendar_of(batch.client_id))
    # Sorted, so that two lists with the same ids wait for each other instead of deadlocking.
    ids = sorted(batch.events)
    head = (batch.client_id, batch.system)
    made = [(*head, *batch.events[id_]) for id_ in ids]
    table = Base.metadata.tables["events"]
    known = bulk.insert_new(connection, table, COLUMNS, made, "message_id")
    actors: set[tuple[str, str]] = set()
    for id_, event in batch.events.items():
        if id_ in known:
            continue
        days.found.add(days.day_of(event.occurred_at))
        actors.add(("actor", event.actor))
        if event.type in ("identify", "alias"):
            actors.update((("actor", event.anonymous_id), ("actor", event.previous_id)))
    stored = _known(connection, batch, known) if known else {}
    for id_ in ids:
        _judge(batch, id_, stored.get(id_))
    mark_days(connection, batch.client_id, days.found)
    mark_entities(connection, batch.client_id, actors)
    refusals.keep(
        connection,
        batch.client_id,
        "events",
        batch.system,
        batch.arrived.received_at,
        batch.refused,
    )


def _judge(batch: Batch, id_: str, known: Event | None) -> None:
    """Say what became of one id and of its repeats in the list."""
    first, *repeats = batch.places[id_]
    if known is None:
        batch.results.append(Verdict(first, id_, Status.STORED))
    elif _is_same(known, batch.events[id_]):
        repeats.append(first)
    else:
        for index in (first, *repeats):
            _conflict(batch, index, id_, batch.sent[index])
        return
    batch.results.extend(Verdict(index, id_, Status.DUPLICATE) for index in repeats)


def _known(connection: sa.Connection, batch: Batch, ids: set[str]) -> dict[str, Event]:
    """Read the stored events of these ids."""
    names = ", ".join(Event._fields).replace("properties", "properties::text")
    sql = f"""
        SELECT {names.replace("context", "context::text")} FROM events
        WHERE client_id = %s AND system = %s AND message_id = ANY(%s)"""  # noqa: S608 - own names
    found = connection.exec_driver_sql(sql, (batch.client_id, batch.system, list(ids)))
    return {row.message_id: Event(*row) for row in found}


def _is_same(one: Event, other: Event) -> bool:
    """Whether two events say the same; how their JSON is spaced and ordered says nothing."""
    if bytes(one.body_hash) == bytes(other.body_hash):
        return True
    return _said(one) == _said(other)


def _said(event: Event) -> tuple[Any, ...]:
    decode = msgspec.json.decode
    return (
        event.type,
        event.name,
        event.timestamp,
        event.user_id,
        event.anonymous_id,
        event.previous_id,
        decode(event.properties),
        decode(event.context),
    )


def _refuse(batch: Batch, index: int, sent: Any, refusal: Refusal) -> None:
    id_, field_ = refusal.external_id, refusal.field
    batch.results.append(Verdict(index, id_, Status.REFUSED, field_, refusal.reason))
    batch.refused.append(Refused(Status.REFUSED, id_, field_, refusal.reason, sent))


def _conflict(batch: Batch, index: int, id_: str, sent: Any) -> None:
    batch.results.append(Verdict(index, id_, Status.CONFLICT, "messageId", CONFLICT))
    batch.refused.append(Refused(Status.CONFLICT, id_, "messageId", CONFLICT, sent))
