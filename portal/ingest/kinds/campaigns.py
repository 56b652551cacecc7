"""Campaigns and what was spent on them."""

from datetime import date, datetime
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from portal.ingest.kinds.item import (
    Amount,
    Count,
    Currency,
    Id,
    Instant,
    Item,
    Ref,
    known,
    word,
)
from portal.ingest.kinds.kind import KINDS, FactKind, Fold
from portal.models.facts.campaigns import Campaign, CampaignSpend

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 1, 1)


class CampaignItem(Item, kw_only=True):
    """A named effort."""

    name: Id
    starts_at: Instant = UNSET
    ends_at: Instant = UNSET
    status: Literal["draft", "active", "paused", "completed", "failed"] | UnsetType | None = UNSET
    budget_minor: Amount | UnsetType | None = UNSET
    currency: Currency = UNSET


class SpendItem(Item, kw_only=True):
    """Money spent on a campaign on one local day."""

    campaign_id: Ref
    amount_minor: Amount
    occurred_on: date
    currency: Currency = UNSET
    clicks: Count | UnsetType | None = UNSET
    impressions: Count | UnsetType | None = UNSET


def campaign_occurred(fold: Fold) -> datetime:
    """When a campaign was first heard of, if it does not say."""
    for sent in (fold.item.occurred_at, fold.item.starts_at):
        if isinstance(sent, datetime):
            return sent
    return fold.received_at


def derive_campaign(fold: Fold) -> tuple[Any, ...]:
    """Give a campaign's columns."""
    item = fold.item
    return (
        item.name,
        word(item.status),
        known(item.starts_at),
        known(item.ends_at),
        known(item.budget_minor),
        fold.currency(item.currency, of=item.budget_minor),
    )


def check_spend(item: SpendItem) -> tuple[str, str] | None:
    """Spend is dated by a day and nothing else."""
    if item.occurred_at is not UNSET:
        return "occurred_at", "is not a field of this kind; send occurred_on, a local date"
    if not FIRST_DAY <= item.occurred_on <= LAST_DAY:
        return "occurred_on", f"must lie between {FIRST_DAY} and {LAST_DAY}"
    return None


def spend_occurred(fold: Fold) -> datetime:
    """Give the start of the day of the spend."""
    return fold.calendar.start_of(fold.item.occurred_on)


def derive_spend(fold: Fold) -> tuple[Any, ...]:
    """Give the columns of a day's spend."""
    item = fold.item
    currency = item.currency
    if not isinstance(currency, str):
        currency = fold.calendar.at(item.occurred_on).currency
    return (
        item.occurred_on,
        item.amount_minor,
        currency,
        known(item.clicks),
        known(item.impressions),
    )


KINDS.add(
    "campaigns",
    FactKind(
        key="campaigns",
        model=Campaign,
        item=CampaignItem,
        columns=("name", "status", "starts_at", "ends_at", "budget_minor", "currency"),
        derive=derive_campaign,
        instants=("starts_at", "ends_at"),
        planned=frozenset({"occurred_at", "starts_at", "ends_at"}),
        occurred=campaign_occurred,
    ),
)
KINDS.add(
    "campaign_spend",
    FactKind(
        key="campaign_spend",
        model=CampaignSpend,
        item=SpendItem,
        columns=("occurred_on", "amount_minor", "currency", "clicks", "impressions"),
        derive=derive_spend,
        check=check_spend,
        occurred=spend_occurred,
    ),
)
