"""Leads, and changes of their stage that are sent on their own."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from portal.ingest.kinds.item import (
    Amount,
    Currency,
    Happening,
    Instant,
    Ref,
    Score,
    Share,
    Text,
    Word,
    known,
    word,
)
from portal.ingest.kinds.kind import KINDS, FactKind, Fold, Version
from portal.models.facts.leads import Lead, StageChange

Stage = Literal["new", "qualifying", "nurturing", "hot", "booked", "won", "lost"]


class LeadItem(Happening, kw_only=True):
    """A person who may buy."""

    stage: Stage | UnsetType | None = UNSET
    stage_at: Instant = UNSET
    name: Word = UNSET
    email: Word = UNSET
    phone: Word = UNSET
    company: Word = UNSET
    score: Score = UNSET
    value_minor: Amount | UnsetType | None = UNSET
    currency: Currency = UNSET
    probability: Share = UNSET
    lost_reason: Text = UNSET


class StageChangeItem(Happening, kw_only=True):
    """A lead entered a stage at `occurred_at`."""

    lead_id: Ref
    stage: Stage


def derive_lead(fold: Fold) -> tuple[Any, ...]:
    """Give a lead's columns; the stage is dated by the version that began it."""
    item = fold.item
    return (
        word(item.stage),
        _stage_at(fold) if isinstance(item.stage, str) else None,
        word(item.name),
        word(item.email),
        word(item.phone),
        word(item.company),
        known(item.score),
        known(item.value_minor),
        fold.currency(item.currency, of=item.value_minor),
        known(item.probability),
        word(item.lost_reason),
    )


def history(versions: Sequence[Version]) -> tuple[Any, ...]:
    """Give the stages and owners that a lead's versions tell, in order, repeats dropped."""
    return (
        tuple(_runs(versions, "stage")),
        tuple(_runs(versions, "owner")),
    )


def stage_times(versions: Sequence[Version]) -> list[tuple[datetime, int, str, bool]]:
    """
    Date each stage that a version carries: (when, version, stage, estimated), sorted.

    A stage has its `stage_at`, else its version's `updated_at`; without either the first version's
    counts from `occurred_at` and any other from its receipt, which is an estimate.
    """
    return sorted(_dated(versions, "stage"))


def _stage_at(fold: Fold) -> datetime:
    """When the present stage began: the start of the last run of equal stages."""
    if len(fold.versions) == 1:
        item = fold.item
        if isinstance(item.stage_at, datetime):
            return item.stage_at
        at: datetime = known(item.updated_at) or item.occurred_at
        return at
    found = [at for at, _n, stage, _e in _runs(fold.versions, "stage") if stage == fold.item.stage]
    return found[-1]


def _runs(versions: Sequence[Version], aspect: str) -> Iterator[tuple[datetime, int, str, bool]]:
    last: str | None = None
    for entry in sorted(_dated(versions, aspect)):
        if entry[2] != last:
            last = entry[2]
            yield entry


def _dated(versions: Sequence[Version], aspect: str) -> Iterator[tuple[datetime, int, str, bool]]:
    for place, version in enumerate(versions):
        value = version.body.get(aspect)
        if not isinstance(value, str):
            continue
        sent = version.body.get("stage_at") if aspect == "stage" else None
        sent = sent or version.body.get("updated_at")
        if place == 0:
            sent = sent or version.body.get("occurred_at")
        at = moment(sent) if sent else version.received_at
        yield at, version.number, value, not sent


def moment(sent: str | datetime) -> datetime:
    """Read an instant of a body that was accepted."""
    at = sent if isinstance(sent, datetime) else datetime.fromisoformat(sent)
    return at.astimezone(UTC)


KINDS.add(
    "leads",
    FactKind(
        key="leads",
        model=Lead,
        item=LeadItem,
        columns=(
            "stage",
            "stage_at",
            "name",
            "email",
            "phone",
            "company",
            "score",
            "value_minor",
            "currency",
            "probability",
            "lost_reason",
        ),
        derive=derive_lead,
        instants=("stage_at",),
        history=history,
    ),
)
KINDS.add(
    "stage_changes",
    FactKind(
        key="stage_changes",
        model=StageChange,
        item=StageChangeItem,
        columns=("stage",),
        derive=lambda fold: (fold.item.stage,),
    ),
)
