"""The smallest good item of each kind, and one with every field."""

from typing import Any

AT = "2026-03-02T09:00:00+01:00"

SMALLEST: dict[str, dict[str, Any]] = {
    "leads": {"occurred_at": AT},
    "stage_changes": {"occurred_at": AT, "lead_id": "L1", "stage": "hot"},
    "messages": {"occurred_at": AT, "direction": "inbound", "sender": "contact"},
    "calls": {"occurred_at": AT, "direction": "inbound", "outcome": "missed"},
    "funnel_events": {"occurred_at": AT, "lead_id": "L1", "kind": "qualified"},
    "jobs": {"occurred_at": AT, "lead_id": "L1", "status": "open"},
    "payments": {"occurred_at": AT, "amount_minor": 0},
    "usage_costs": {"occurred_at": AT, "service": "sms", "amount_micros": 75},
    "campaigns": {"name": "Spring"},
    "campaign_spend": {"campaign_id": "C1", "amount_minor": 100, "occurred_on": "2026-03-02"},
}
COMMON: dict[str, Any] = {
    "updated_at": AT,
    "properties": {"x": [1, {"y": None}]},
    "source": "web_form",
    "channel": "ads",
    "campaign_id": {"system": "ads", "id": "C1"},
    "owner": "Eva",
    "location": "Berlin",
    "lead_id": "L1",
    "contact_id": "P1",
}
FULLEST: dict[str, dict[str, Any]] = {
    "leads": {
        "stage": "booked",
        "stage_at": AT,
        "name": "Ann",
        "email": "ann@example.com",
        "phone": "+49",
        "company": "A",
        "score": 12.5,
        "value_minor": 9_000_000_000_000_000,
        "currency": "JPY",
        "probability": 0.5,
        "lost_reason": "x" * 3000,
    },
    "stage_changes": {},
    "messages": {
        "medium": "sms",
        "conversation_id": "V1",
        "account": "main",
        "phone": "+49",
        "sent_at": AT,
        "delivered_at": AT,
        "read_at": AT,
        "failed_at": None,
        "bounced_at": None,
        "replied_at": AT,
        "cost_micros": 75_000,
        "currency": "USD",
    },
    "calls": {
        "duration_seconds": 60,
        "handled_by": "ai",
        "quality": 90,
        "is_successful": True,
        "line": "main",
        "phone": "+49",
    },
    "funnel_events": {
        "value_minor": 5,
        "currency": "EUR",
        "ref": {"kind": "jobs", "id": "J1", "system": "crm"},
    },
    "jobs": {
        "status": "completed",
        "won_at": AT,
        "lost_at": None,
        "completed_at": AT,
        "cancelled_at": None,
        "value_minor": 5,
        "cost_minor": 3,
        "currency": "EUR",
        "product": "Roof",
        "lost_reason": None,
    },
    "payments": {
        "amount_minor": -9_000_000_000_000_000,
        "currency": "KWD",
        "kind": "chargeback",
        "refund_of": {"system": "stripe", "id": "P0"},
        "job_id": "J1",
        "invoice_id": "I1",
        "subscription_id": "S1",
        "fee_minor": -3,
        "method": "card",
        "product": "Roof",
        "country": "DE",
    },
    "usage_costs": {"quantity": 1.5, "currency": "USD"},
    "campaigns": {
        "occurred_at": AT,
        "starts_at": "2199-01-01T00:00:00Z",
        "ends_at": "2199-12-31T00:00:00Z",
        "status": "draft",
        "budget_minor": 1,
        "currency": "EUR",
    },
    "campaign_spend": {"currency": "EUR", "clicks": 3, "impressions": 100},
}


def smallest(kind: str, external_id: str = "X1", **fields: Any) -> dict[str, Any]:
    """The least that a fact of `kind` must say."""
    return {"external_id": external_id, **SMALLEST[kind], **fields}


def fullest(kind: str, external_id: str = "X2") -> dict[str, Any]:
    """Everything that a fact of `kind` may say."""
    return {**smallest(kind, external_id), **COMMON, **FULLEST[kind]}
