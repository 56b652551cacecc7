"""What arrived, in words: one line a thing, with what it says in short and in full."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.catalog.recent import Line
from portal.core import units

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Word:
    """What one thing of a kind is called, and many, and its picture."""

    one: str
    many: str
    icon: str


WORDS: Mapping[str, Word] = {
    "leads": Word("Lead", "Leads", icon="user-plus"),
    "stage_changes": Word("Stage", "Stage changes", icon="arrow-right"),
    "messages": Word("Message", "Messages", icon="message"),
    "calls": Word("Call", "Calls", icon="phone"),
    "funnel_events": Word("Step", "Funnel steps", icon="filter"),
    "jobs": Word("Job", "Jobs", icon="briefcase"),
    "payments": Word("Payment", "Payments", icon="cash"),
    "usage_costs": Word("Usage", "Usage costs", icon="receipt"),
    "campaigns": Word("Campaign", "Campaigns", icon="speakerphone"),
    "campaign_spend": Word("Spend", "Campaign spend", icon="coin"),
    "events": Word("Event", "Product events", icon="activity"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as a page shows it."""

    label: str
    icon: str
    external_id: str
    system: str
    about: str
    received_at: datetime
    occurred_at: datetime | None
    badge: str
    tone: str
    reason: str
    text: str
    """All of it, as JSON."""


def shown(line: Line, currency: str) -> Shown:
    """Put one line into words; money without a currency is in the client's."""
    word = WORDS[line.kind]
    badge, tone = _badge(line)
    about = ABOUT[line.kind](line.body, currency) if line.body and line.kind in ABOUT else ""
    why = f"{line.field}: {line.reason}" if line.field else line.reason
    text = line.text or json.dumps(line.body, ensure_ascii=False, indent=2)
    return Shown(
        word.one,
        word.icon,
        line.external_id,
        line.system,
        about,
        line.received_at,
        line.occurred_at,
        badge,
        tone,
        why,
        text,
    )


def _badge(line: Line) -> tuple[str, str]:
    if line.status == "conflict":
        return "Conflict", "warn"
    if line.status == "refused":
        return "Refused", "bad"
    return ("Withdrawn", "warn") if line.withdrawn_at else ("", "")


def _joined(*parts: object) -> str:
    return " · ".join(str(part).replace("_", " ") for part in parts if part not in (None, ""))


def _id(reference: object) -> str:
    if isinstance(reference, Mapping):
        return f"{reference.get('system')}: {reference.get('id')}"
    return str(reference or "")


def _money(body: Body, field: str, currency: str) -> str:
    amount = body.get(field)
    if not isinstance(amount, int):
        return ""
    return units.money_exact(amount, str(body.get("currency") or currency))


def _micros(body: Body, currency: str) -> str:
    amount = body.get("amount_micros")
    if not isinstance(amount, int):
        return ""
    return f"{amount / 1_000_000:.4f} {body.get('currency') or currency}"


ABOUT: Mapping[str, Callable[[Body, str], str]] = {
    "leads": lambda b, c: _joined(
        b.get("name") or b.get("email"),
        b.get("stage"),
        b.get("source"),
        _money(b, "value_minor", c),
    ),
    "stage_changes": lambda b, _c: _joined(b.get("stage"), _id(b.get("lead_id"))),
    "messages": lambda b, _c: _joined(b.get("direction"), b.get("sender"), b.get("medium")),
    "calls": lambda b, _c: _joined(b.get("direction"), b.get("outcome"), b.get("handled_by")),
    "funnel_events": lambda b, c: _joined(
        b.get("kind"), _id(b.get("lead_id")), _money(b, "value_minor", c)
    ),
    "jobs": lambda b, c: _joined(b.get("status"), b.get("product"), _money(b, "value_minor", c)),
    "payments": lambda b, c: _joined(_money(b, "amount_minor", c), b.get("kind"), b.get("method")),
    "usage_costs": lambda b, c: _joined(b.get("service"), _micros(b, c)),
    "campaigns": lambda b, _c: _joined(b.get("name"), b.get("status"), b.get("source")),
    "campaign_spend": lambda b, c: _joined(
        _id(b.get("campaign_id")), b.get("occurred_on"), _money(b, "amount_minor", c)
    ),
    "events": lambda b, _c: _joined(b.get("name"), b.get("user_id") or b.get("anonymous_id")),
}
