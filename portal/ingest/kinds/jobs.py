"""Jobs: work that a lead may give."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from portal.ingest.kinds.item import (
    Amount,
    Currency,
    Happening,
    Instant,
    Text,
    Word,
    known,
    word,
)
from portal.ingest.kinds.kind import KINDS, FactKind, Fold, Version
from portal.ingest.kinds.leads import moment
from portal.models.facts.money import Job

# Which instants a status implies, where they were not sent. A job that is open again was not won.
IMPLIED = {
    "open": (),
    "won": ("won",),
    "lost": ("lost",),
    "completed": ("won", "completed"),
    "cancelled": ("won", "completed", "cancelled"),
}
STATUSES = ("won", "lost", "completed", "cancelled")


class JobItem(Happening, kw_only=True):
    """Work offered, won, lost, done."""

    status: Literal["open", "won", "lost", "completed", "cancelled"]
    won_at: Instant = UNSET
    lost_at: Instant = UNSET
    completed_at: Instant = UNSET
    cancelled_at: Instant = UNSET
    value_minor: Amount | UnsetType | None = UNSET
    cost_minor: Amount | UnsetType | None = UNSET
    currency: Currency = UNSET
    product: Word = UNSET
    lost_reason: Text = UNSET


def check(item: JobItem) -> tuple[str, str] | None:
    """A job is somebody's."""
    if not item.lead_id and not item.contact_id:
        return "lead_id", "lead_id or contact_id is required"
    return None


def derive(fold: Fold) -> tuple[Any, ...]:
    """Give a job's columns; a status without its instant is dated by the version that began it."""
    item = fold.item
    amount = item.value_minor if isinstance(item.value_minor, int) else item.cost_minor
    return (
        item.status,
        *status_instants(fold),
        known(item.value_minor),
        known(item.cost_minor),
        fold.currency(item.currency, of=amount),
        word(item.product),
        word(item.lost_reason),
    )


def status_instants(fold: Fold) -> tuple[datetime | None, ...]:
    """Give won_at, lost_at, completed_at and cancelled_at: as sent, else as the status implies."""
    item = fold.item
    begun = _begun(fold.versions, item)
    found: dict[str, datetime | None] = {}
    for status in STATUSES:
        sent = known(getattr(item, f"{status}_at"))
        implied = status in IMPLIED[item.status] and getattr(item, f"{status}_at") is UNSET
        found[status] = sent or (begun.get(status) if implied else None)
    if item.status == "completed" and item.won_at is UNSET:
        found["won"] = found["won"] or found["completed"]
    return tuple(found[status] for status in STATUSES)


def _begun(versions: Sequence[Version], item: JobItem) -> dict[str, datetime]:
    """When each status last began: at its version's `updated_at`, else at `occurred_at`."""
    begun: dict[str, datetime] = {}
    last = ""
    for version in versions:
        status = version.body.get("status", last)
        if status != last:
            sent = version.body.get("updated_at")
            begun[status] = moment(sent) if sent else item.occurred_at
        last = status
    return begun


KINDS.add(
    "jobs",
    FactKind(
        key="jobs",
        model=Job,
        item=JobItem,
        columns=(
            "status",
            "won_at",
            "lost_at",
            "completed_at",
            "cancelled_at",
            "value_minor",
            "cost_minor",
            "currency",
            "product",
            "lost_reason",
        ),
        derive=derive,
        instants=("won_at", "lost_at", "completed_at", "cancelled_at"),
        check=check,
    ),
)
