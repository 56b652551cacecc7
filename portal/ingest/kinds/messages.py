"""Messages and calls."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from portal.ingest.kinds.item import (
    Amount,
    Currency,
    Happening,
    Instant,
    Ref,
    Score,
    Word,
    known,
    reference,
    word,
)
from portal.ingest.kinds.kind import KINDS, FactKind, Fold
from portal.models.facts.messages import Call, Message

Direction = Literal["inbound", "outbound"]
STATES = ("sent_at", "delivered_at", "read_at", "failed_at", "bounced_at", "replied_at")


class MessageItem(Happening, kw_only=True):
    """One message, in or out."""

    direction: Direction
    sender: Literal["contact", "person", "ai", "system"]
    medium: Word = UNSET
    conversation_id: Ref | UnsetType | None = UNSET
    account: Word = UNSET
    phone: Word = UNSET
    sent_at: Instant = UNSET
    delivered_at: Instant = UNSET
    read_at: Instant = UNSET
    failed_at: Instant = UNSET
    bounced_at: Instant = UNSET
    replied_at: Instant = UNSET
    cost_micros: Amount | UnsetType | None = UNSET
    currency: Currency = UNSET


class CallItem(Happening, kw_only=True):
    """One telephone call."""

    direction: Direction
    outcome: Literal["answered", "missed", "voicemail", "busy", "failed"]
    duration_seconds: Annotated[int, Meta(ge=0, le=10000000)] | UnsetType | None = UNSET
    handled_by: Literal["person", "ai"] | UnsetType | None = UNSET
    quality: Score = UNSET
    is_successful: bool | UnsetType | None = UNSET
    line: Word = UNSET
    phone: Word = UNSET


def derive_message(fold: Fold) -> tuple[Any, ...]:
    """Give a message's columns; an outbound one that did not fail was sent when it occurred."""
    item = fold.item
    sent = known(item.sent_at)
    if item.direction == "inbound":
        sent = None
    elif sent is None and known(item.failed_at) is None:
        sent = item.occurred_at
    return (
        item.direction,
        item.sender,
        word(item.medium),
        conversation(item),
        word(item.account),
        word(item.phone),
        sent,
        known(item.delivered_at),
        known(item.read_at),
        known(item.failed_at),
        known(item.bounced_at),
        known(item.replied_at),
        known(item.cost_micros),
        fold.currency(item.currency, of=item.cost_micros),
    )


def conversation(item: MessageItem) -> str:
    """Name the conversation: its id, else that of the contact, else that of the lead."""
    if own := reference(item.conversation_id)[1]:
        return own
    if contact := reference(item.contact_id)[1]:
        return f"contact:{contact}"
    lead = reference(item.lead_id)[1]
    return f"lead:{lead}" if lead else ""


def derive_call(fold: Fold) -> tuple[Any, ...]:
    """Give a call's columns."""
    item = fold.item
    return (
        item.direction,
        item.outcome,
        known(item.duration_seconds),
        word(item.handled_by),
        known(item.quality),
        known(item.is_successful),
        word(item.line),
        word(item.phone),
    )


KINDS.add(
    "messages",
    FactKind(
        key="messages",
        model=Message,
        item=MessageItem,
        columns=(
            "direction",
            "sender",
            "medium",
            "conversation",
            "account",
            "phone",
            *STATES,
            "cost_micros",
            "currency",
        ),
        derive=derive_message,
        instants=STATES,
        references=(("conversation", "conversation"),),
    ),
)
KINDS.add(
    "calls",
    FactKind(
        key="calls",
        model=Call,
        item=CallItem,
        columns=(
            "direction",
            "outcome",
            "duration_seconds",
            "handled_by",
            "quality",
            "is_successful",
            "line",
            "phone",
        ),
        derive=derive_call,
    ),
)
