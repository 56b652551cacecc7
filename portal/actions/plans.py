"""What our own clients pay us: append-only changes, each the whole state from its instant."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from portal.actions import audit
from portal.core.calendar import now
from portal.core.db import db
from portal.core.errors import Refused
from portal.core.ids import new_id
from portal.models.clients import ClientPlanChange
from portal.rollups.marks import mark_plan

STATUSES = ("trialing", "active", "past_due", "paused", "ended")
INTERVALS = ("day", "week", "month", "year")
MOST_MINOR = 9_000_000_000_000_000


@dataclass(frozen=True, slots=True)
class PlanState:
    """What holds from `effective_at` on; amounts in minor units of `currency`."""

    plan: str
    unit_amount_minor: int
    currency: str
    interval: str = "month"
    quantity: int = 1
    discount_minor: int = 0
    status: str = "active"
    reason: str = ""


def change(client_id: UUID, state: PlanState, *, effective_at: datetime | None = None) -> None:
    """
    Note what a client pays from `effective_at` (now) on; the caller acts as it and commits.

    Raises:
        Refused: an amount, status or interval that no plan may have, or another currency.
    """
    _check(client_id, state)
    at = now()
    db.session.add(
        ClientPlanChange(
            client_id=client_id,
            id=new_id(),
            effective_at=effective_at or at,
            plan=state.plan.strip(),
            status=state.status,
            currency=state.currency,
            unit_amount_minor=state.unit_amount_minor,
            interval=state.interval,
            quantity=state.quantity,
            discount_minor=state.discount_minor,
            end_reason=state.reason,
            created_at=at,
        )
    )
    db.session.flush()
    mark_plan(db.session.connection(), client_id)
    audit.record("plan.changed", state.plan, amount=state.unit_amount_minor, status=state.status)


def current(client_id: UUID) -> ClientPlanChange | None:
    """Give the plan that holds now; the caller acts as the client."""
    return db.session.scalars(
        sa.select(ClientPlanChange)
        .where(ClientPlanChange.client_id == client_id, ClientPlanChange.effective_at <= now())
        .order_by(
            ClientPlanChange.effective_at.desc(),
            ClientPlanChange.version.desc(),
            ClientPlanChange.id.desc(),
        )
        .limit(1)
    ).one_or_none()


def _check(client_id: UUID, state: PlanState) -> None:
    if not state.plan.strip():
        raise Refused("A plan has a name.", field="plan")
    if state.status not in STATUSES:
        raise Refused(f"A plan is {', '.join(STATUSES)}.", field="status")
    if state.interval not in INTERVALS:
        raise Refused(f"A plan is paid each {', '.join(INTERVALS)}.", field="interval")
    if not 0 <= state.unit_amount_minor <= MOST_MINOR or state.quantity < 1:
        raise Refused("An amount is 0 or more, a quantity 1 or more.", field="amount")
    if not 0 <= state.discount_minor <= state.unit_amount_minor * state.quantity:
        raise Refused("A discount is at most what is paid.", field="discount")
    before = current(client_id)
    if before is not None and before.currency != state.currency:
        raise Refused(f"This client pays in {before.currency}.", field="currency")
