"""Posted funnel events."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from portal.ingest.kinds.item import Amount, Currency, Happening, Id, Ref, known
from portal.ingest.kinds.kind import KINDS, FactKind, Fold
from portal.models.facts.money import FunnelEvent

FunnelKind = Literal[
    "lead_created",
    "first_response",
    "qualified",
    "appointment_booked",
    "quote_requested",
    "quote_sent",
    "quote_accepted",
    "job_won",
    "job_lost",
    "payment_received",
    "review_requested",
    "review_received",
]


class Subject(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The fact that an event speaks of."""

    kind: Id
    id: Id
    system: Id | UnsetType = UNSET


class FunnelItem(Happening, kw_only=True):
    """One step of a lead."""

    lead_id: Ref
    kind: FunnelKind
    value_minor: Amount | UnsetType | None = UNSET
    currency: Currency = UNSET
    ref: Subject | UnsetType | None = UNSET


def derive(fold: Fold) -> tuple[Any, ...]:
    """Give a funnel event's columns."""
    item = fold.item
    ref = item.ref if isinstance(item.ref, Subject) else None
    return (
        item.kind,
        known(item.value_minor),
        fold.currency(item.currency, of=item.value_minor),
        ref.kind if ref else "",
        (ref.system or "") if ref else "",
        ref.id if ref else "",
    )


KINDS.add(
    "funnel_events",
    FactKind(
        key="funnel_events",
        model=FunnelEvent,
        item=FunnelItem,
        columns=("kind", "value_minor", "currency", "ref_kind", "ref_system", "ref_id"),
        derive=derive,
    ),
)
