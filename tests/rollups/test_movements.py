"""How the MRR of our own clients moves, and what a day costs them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.calendar import FIRST_DAY, Calendar, CalendarSpan, now
from portal.core.db import db
from portal.core.ids import new_id
from portal.core.tenancy import acting_as
from portal.models.clients import Client, ClientPlanChange
from portal.rollups.marks import mark_plan
from portal.rollups.movements import Plan, fee_of, fees, movements
from portal.rollups.sweep import mark_due_instants
from tests.line import swept, total

AGENCY = Calendar([CalendarSpan(FIRST_DAY, "UTC", 0, "")])
NOW = datetime(2026, 7, 1, tzinfo=UTC)
PLAN = Plan(
    id=UUID(int=1),
    effective_at=datetime(2026, 1, 1, tzinfo=UTC),
    version=0,
    status="active",
    currency="EUR",
    unit_amount_minor=10_000,
    interval="month",
    interval_count=1,
    quantity=1,
    discount_minor=0,
    discount_ends_at=None,
    trial_ends_at=None,
    resumes_at=None,
    ended_at=None,
    end_reason="",
)


def day(month: int, number: int = 1) -> datetime:
    return datetime(2026, month, number, tzinfo=UTC)


def moved(*plans: Plan) -> list[tuple[date, str, int, str]]:
    found = movements(plans, AGENCY, NOW)
    return [(one.day, one.kind, one.amount_minor, one.reason) for one in found]


@pytest.mark.parametrize(
    ("change", "mrr"),
    [
        ({}, 10_000),
        ({"interval": "year"}, 833),
        ({"interval": "week"}, 43_333),
        ({"interval": "day", "unit_amount_minor": 100}, 3_042),
        ({"interval_count": 3}, 3_333),
        ({"quantity": 3, "discount_minor": 5_000}, 25_000),
        ({"interval": "year", "unit_amount_minor": 6}, 1),
        ({"status": "trialing"}, 0),
        ({"status": "past_due"}, 10_000),
    ],
)
def test_mrr_is_rounded_once_half_up(change: dict[str, object], mrr: int) -> None:
    assert replace(PLAN, **change).mrr_at(NOW) == mrr  # type: ignore[arg-type]


def test_a_state_changes_by_its_own_instants() -> None:
    plan = replace(
        PLAN,
        status="trialing",
        trial_ends_at=day(2),
        discount_minor=1_000,
        discount_ends_at=day(3),
        ended_at=day(4),
        end_reason="price",
    )
    assert moved(plan) == [
        (date(2026, 2, 1), "new", 9_000, ""),
        (date(2026, 3, 1), "expansion", 1_000, ""),
        (date(2026, 4, 1), "churn", -10_000, "price"),
    ]


def test_a_pause_is_churn_with_that_reason_and_its_end_a_reactivation() -> None:
    paused = replace(PLAN, id=UUID(int=2), effective_at=day(2), status="paused", resumes_at=day(3))
    smaller = replace(PLAN, id=UUID(int=3), effective_at=day(4), unit_amount_minor=7_000)
    assert moved(PLAN, paused, smaller) == [
        (date(2026, 1, 1), "new", 10_000, ""),
        (date(2026, 2, 1), "churn", -10_000, "paused"),
        (date(2026, 3, 1), "reactivation", 10_000, ""),
        (date(2026, 4, 1), "contraction", -3_000, ""),
    ]


def test_two_changes_on_one_day_are_one_movement_and_the_greater_version_holds() -> None:
    later = replace(PLAN, effective_at=day(1) + timedelta(hours=5), unit_amount_minor=12_000)
    twin = replace(later, version=1, unit_amount_minor=13_000)
    assert moved(twin, PLAN, later) == [(date(2026, 1, 1), "new", 13_000, "")]


def test_what_lies_ahead_moves_nothing() -> None:
    assert moved(replace(PLAN, ended_at=NOW + timedelta(days=1))) == [
        (date(2026, 1, 1), "new", 10_000, "")
    ]


@given(mrr=st.integers(0, 10**9), month=st.integers(1, 12))
def test_the_fees_of_a_months_days_add_up_to_its_mrr(mrr: int, month: int) -> None:
    first = date(2028, month, 1)
    days = [first + timedelta(days=n) for n in range(31)]
    shares = [fee_of(mrr, one) for one in days if one.month == month]
    assert sum(shares) == mrr
    assert max(shares) - min(shares) <= 1


def test_a_fee_follows_the_mrr_of_its_day() -> None:
    more = replace(PLAN, id=UUID(int=2), effective_at=day(1, 16), unit_amount_minor=20_000)
    found = movements([PLAN, more], AGENCY, NOW)
    made = {one: amount for one, _, amount in fees(found, date(2026, 1, 31))}
    assert len(made) == 31
    assert made[date(2026, 1, 15)] == fee_of(10_000, date(2026, 1, 15))
    assert made[date(2026, 1, 16)] == fee_of(20_000, date(2026, 1, 16))


def test_a_plan_is_counted_and_its_end_comes_by_the_clock(acme: Client) -> None:
    start, ends_at = now() - timedelta(days=3), now() + timedelta(seconds=5)
    with acting_as(acme.id):
        db.session.add(
            ClientPlanChange(
                client_id=acme.id,
                id=new_id(),
                effective_at=start,
                plan="growth",
                currency="EUR",
                unit_amount_minor=10_000,
                ended_at=ends_at,
                created_at=now(),
            )
        )
        db.session.flush()
        mark_plan(db.session.connection(), acme.id)
    assert swept(acme.id, "plan_movements", "kind", "amount_minor") == {("new", 10_000)}
    before = total(acme.id, "platform_fee")
    assert before > 0
    while now() < ends_at:
        pass
    assert mark_due_instants() > 0
    assert swept(acme.id, "plan_movements", "kind", "amount_minor") == {
        ("new", 10_000),
        ("churn", -10_000),
    }
    assert total(acme.id, "platform_fee") < before
