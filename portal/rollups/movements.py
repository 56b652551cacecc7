"""
How the MRR of our own clients moved, and what each day costs them.

The state at t is the plan change with the greatest (effective_at, version, id) up to t, with its
own instants applied. A movement is close − open of one day of the agency's zone; nothing lies ahead
of now, so what is announced for later changes no number before its time.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from uuid import UUID

from portal.core.calendar import Calendar

MONTHS = {
    "month": Fraction(1),
    "year": Fraction(1, 12),
    "week": Fraction(52, 12),
    "day": Fraction(365, 12),
}


@dataclass(frozen=True)
class Plan:
    """The whole state from `effective_at`: one row of client_plan_changes."""

    id: UUID
    effective_at: datetime
    version: int
    status: str
    currency: str
    unit_amount_minor: int
    interval: str
    interval_count: int
    quantity: int
    discount_minor: int
    discount_ends_at: datetime | None
    trial_ends_at: datetime | None
    resumes_at: datetime | None
    ended_at: datetime | None
    end_reason: str

    def instants(self) -> list[datetime]:
        """When it changes by itself, its beginning included."""
        own = (self.discount_ends_at, self.trial_ends_at, self.resumes_at, self.ended_at)
        return [self.effective_at, *(at for at in own if at is not None)]

    def status_at(self, at: datetime) -> str:
        """Apply the end, the end of a trial and the end of a pause."""
        if self.status == "ended" or _passed(self.ended_at, at):
            return "ended"
        if self.status == "trialing" and _passed(self.trial_ends_at, at):
            return "active"
        if self.status == "paused" and _passed(self.resumes_at, at):
            return "active"
        return self.status

    def mrr_at(self, at: datetime) -> int:
        """Monthly value in minor units, rounded once, half up; 0 while nothing is paid."""
        if self.status_at(at) in {"trialing", "paused", "ended"}:
            return 0
        discount = 0 if _passed(self.discount_ends_at, at) else self.discount_minor
        amount = self.unit_amount_minor * self.quantity - discount
        exact = amount * MONTHS[self.interval] / self.interval_count
        return int((2 * exact + 1) // 2)

    def reason_at(self, at: datetime) -> str:
        """Why nothing is paid: the reason of the end, or the state itself."""
        status = self.status_at(at)
        return (self.end_reason or "ended") if status == "ended" else status


@dataclass(frozen=True)
class Movement:
    """Close − open of one day and currency."""

    day: date
    currency: str
    kind: str
    amount_minor: int
    reason: str = ""


def movements(plans: Iterable[Plan], calendar: Calendar, now: datetime) -> list[Movement]:
    """List how MRR moved on each day of `calendar` (the agency's) up to `now`."""
    ordered = sorted(plans, key=lambda plan: (plan.effective_at, plan.version, plan.id))
    return [
        moved
        for currency in sorted({plan.currency for plan in ordered})
        for moved in _of_currency(ordered, currency, calendar, now)
    ]


def _of_currency(
    plans: Sequence[Plan], currency: str, calendar: Calendar, now: datetime
) -> Iterator[Movement]:
    opening, has_paid = 0, False
    days = {calendar.day_of(at) for plan in plans for at in plan.instants() if at <= now}
    for day in sorted(days):
        # The last instant of the day; of today, now.
        last = min(now, calendar.start_of(day + timedelta(days=1)) - timedelta(microseconds=1))
        plan = _state(plans, last)
        is_own = plan is not None and plan.currency == currency
        closing = plan.mrr_at(last) if plan is not None and is_own else 0
        if closing != opening:
            reason = _reason(plan, last, is_own=is_own) if closing == 0 else ""
            kind = _kind(opening, closing, has_paid=has_paid)
            yield Movement(day, currency, kind, closing - opening, reason)
        opening, has_paid = closing, has_paid or closing > 0


def _state(plans: Sequence[Plan], at: datetime) -> Plan | None:
    return next((plan for plan in reversed(plans) if plan.effective_at <= at), None)


def _reason(plan: Plan | None, at: datetime, *, is_own: bool) -> str:
    return plan.reason_at(at) if plan is not None and is_own else "currency"


def _kind(opening: int, closing: int, *, has_paid: bool) -> str:
    if opening == 0:
        return "reactivation" if has_paid else "new"
    if closing == 0:
        return "churn"
    return "expansion" if closing > opening else "contraction"


def fees(moved: Sequence[Movement], today: date) -> list[tuple[date, str, int]]:
    """List (day, currency, minor units): each day's share of its month's MRR, up to `today`."""
    rows = []
    for currency in sorted({one.currency for one in moved}):
        mrr = 0
        own = [one for one in moved if one.currency == currency]
        ends = [one.day for one in own[1:]] + [max(today, own[-1].day) + timedelta(days=1)]
        for one, end in zip(own, ends, strict=True):
            mrr += one.amount_minor
            days = (one.day + timedelta(days=n) for n in range((end - one.day).days))
            rows += [(day, currency, fee) for day in days if (fee := fee_of(mrr, day))]
    return rows


def fee_of(mrr: int, day: date) -> int:
    """Spread `mrr` over the days of its month by largest remainder: the first days get one more."""
    length = monthrange(day.year, day.month)[1]
    return mrr // length + (day.day <= mrr % length)


def _passed(limit: datetime | None, at: datetime) -> bool:
    return limit is not None and limit <= at
