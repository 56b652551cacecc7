"""Conformed dimensions: what a number can be grouped and filtered by, and what people call it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from portal.catalog.metric import CURRENCY
from portal.core.db import db
from portal.core.registry import Registry
from portal.models.facts.campaigns import Campaign
from portal.models.rollups import DIMENSIONS

UNSET = "Not set"


@dataclass(frozen=True)
class Dimension:
    """One property of facts; its values are text, '' where a fact has none."""

    key: str
    label: str
    definition: str
    words: Mapping[str, str]
    """What people call values that are keys."""


DIMENSION: Registry[Dimension] = Registry("dimension")


def _dimension(key: str, label: str, definition: str, **words: str) -> None:
    DIMENSION.add(key, Dimension(key, label, definition, words))


_dimension(
    "source",
    "Source",
    "How a lead reached the client.",
    missed_call="Missed-call text-back",
    web_form="Web form",
    referral="Referral",
    other="Other",
)
_dimension("channel", "Channel", "What brought the lead.")
_dimension(
    "medium",
    "Medium",
    "What carried a message.",
    sms="SMS",
    whatsapp="WhatsApp",
    email="E-mail",
    web_chat="Web chat",
    contact_form="Contact form",
    linkedin="LinkedIn",
)
_dimension("campaign", "Campaign", "The named effort, by the sender's own id.")
_dimension("owner", "Owner", "Who looked after the lead at the instant of the fact.")
_dimension("location", "Location", "Where: an office, a branch, an area.")
_dimension("stage", "Stage", "The stage of a lead.")
_dimension(
    "sender",
    "Sender",
    "Who wrote a message.",
    contact="Contact",
    person="Person",
    ai="Assistant",
    system="System",
)
_dimension("direction", "Direction", "In or out.", inbound="Incoming", outbound="Outgoing")
_dimension("outcome", "Outcome", "How a call ended.")
_dimension("handled_by", "Handled by", "Who took a call.", person="Person", ai="Assistant")
_dimension("account", "Account", "The messaging account, or the line of a call.")
_dimension("product", "Product", "What was sold.")
_dimension("kind", "Kind", "Of a payment, of a product event, or the service of a cost.")
_dimension("name", "Event name", "The name of a product event.")
_dimension(CURRENCY, "Currency", "ISO 4217 code of an amount.")

ORDER = (*DIMENSIONS, CURRENCY)


def label_of(dimension: str, value: str) -> str:
    """Say a value in words; campaigns are named by `campaign_names`."""
    if not value:
        return UNSET
    known = DIMENSION[dimension].words.get(value)
    if known or dimension not in {"stage", "outcome", "kind", "source"}:
        return known or value
    return value.replace("_", " ").capitalize()


def campaign_names(client_id: UUID, ids: set[str]) -> dict[str, str]:
    """Name campaigns by the sender's ids; an id without a campaign is left out."""
    if not ids:
        return {}
    rows = db.session.execute(
        sa.select(Campaign.external_id, Campaign.name).where(
            Campaign.client_id == client_id,
            Campaign.external_id.in_(sorted(ids)),
            Campaign.withdrawn_at.is_(None),
        )
    )
    return {row.external_id: row.name for row in rows}
