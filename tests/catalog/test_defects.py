"""
What the source document's own code gets wrong, one test a defect (requirements.md, A.000).

Facts go in as their senders send them, are swept, and are asked for. Defect 14 (client_cohorts)
waits for its table.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from portal.catalog.answer import answer
from portal.catalog.bands import LABELS, bands
from portal.catalog.calendars import calendar_of
from portal.catalog.funnel import FunnelQuery, funnel
from portal.catalog.presets import preset
from portal.catalog.query import Compare, Query
from portal.catalog.result import Result
from portal.core.calendar import Calendar, CalendarSpan, Grain, Period
from portal.core.db import Base, db, platform_connection
from portal.core.ids import new_id
from portal.core.tenancy import acting_as
from portal.ingest import facts
from portal.models.clients import Client
from portal.rollups.sweep import sweep
from tests import factories

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
MONDAY = date(2026, 3, 2)
WEEK = Period(MONDAY, MONDAY + timedelta(days=7))
NOON = "2026-03-03T12:00:00+01:00"

Item = dict[str, Any]


def post(client: Client, kind: str, *items: Item) -> None:
    """Send facts; each must be taken."""
    numbered = [{"external_id": f"{kind}-{new_id()}"} | item for item in items]
    verdicts = facts.store(client.id, kind, "crm", numbered)
    assert verdicts.refused == 0, verdicts


def ask(client: Client, *metrics: str, period: Period = MARCH, **more: Any) -> Result:
    """Sweep, then ask."""
    sweep()
    at = more.pop("at", None)
    with acting_as(client.id):
        return answer(Query(metrics, period, **more), calendar_of(client.id), client.id, at=at)


def total(client: Client, metric: str, **more: Any) -> Decimal | None:
    """Sweep, then ask for one figure."""
    return ask(client, metric, **more).total[metric]


def lead(key: str, at: str = NOON, **more: Any) -> Item:
    """A lead."""
    return {"external_id": key, "occurred_at": at} | more


def job(key: str, of: str, won: str = NOON, value: int = 1000, **more: Any) -> Item:
    """A won job."""
    made = {"external_id": key, "occurred_at": won, "lead_id": of, "status": "won"}
    return made | {"won_at": won, "value_minor": value, "currency": "EUR"} | more


def message(direction: str, sender: str, at: str, talk: str = "t1", **more: Any) -> Item:
    """A message of a conversation."""
    made = {"direction": direction, "sender": sender, "occurred_at": at}
    return made | {"conversation_id": talk, "medium": "sms"} | more


def view(client: Client, name: str) -> list[dict[str, Any]]:
    """Read a reporting view."""
    sweep()
    with acting_as(client.id):
        sql = f"SELECT * FROM reporting.{name} WHERE client_id = :client ORDER BY 3"
        return [dict(r) for r in db.session.execute(sa.text(sql), {"client": client.id}).mappings()]


def test_defect_01_the_last_microsecond_belongs_to_its_day(acme: Client) -> None:
    post(
        acme,
        "leads",
        lead("L1", "2026-03-03T23:59:59.999999+01:00"),
        lead("L2", "2026-03-04T00:00:00+01:00"),
    )

    days = ask(acme, "leads", grain=Grain.DAY).rows
    assert [int(row["leads"] or 0) for row in days[2:4]] == [1, 1]


def test_defect_02_a_day_is_the_clients_own(globex: Client) -> None:
    """Evening in Los Angeles is the next day in UTC."""
    post(globex, "leads", lead("L1", "2026-03-04T05:00:00Z"))

    assert total(globex, "leads", period=Period(date(2026, 3, 3), date(2026, 3, 4))) == 1


def test_defect_03_a_correction_repairs_every_number_of_its_day(acme: Client) -> None:
    post(acme, "leads", lead("L1", source="referral"))
    assert total(acme, "leads") == 1
    post(acme, "jobs", job("J1", "L1"))
    post(acme, "messages", message("inbound", "contact", NOON))
    post(acme, "leads", lead("L1", source="web_form", updated_at="2026-03-05T00:00:00Z"))

    found = ask(acme, "jobs_won", "revenue_booked", "inbound_messages", "leads_from_web_forms")
    assert [found.total[key] for key in found.query.metrics] == [1, 1000, 1, 1]


Tables = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def filled(app: Flask) -> Tables:
    """A client with something of everything; its first day, week and month as the views say."""
    with app.app_context():
        client = factories.client("filled")
        post(client, "leads", lead("L1", stage="hot"), lead("L2"))
        post(client, "jobs", job("J1", "L1"))
        post(client, "payments", {"occurred_at": NOON, "amount_minor": 700, "currency": "EUR"})
        event = {"lead_id": "L1", "occurred_at": NOON}
        for kind in ("appointment_booked", "quote_requested", "quote_sent", "job_lost"):
            post(client, "funnel_events", event | {"kind": kind})
        post(client, "messages", message("inbound", "contact", NOON))
        post(client, "messages", message("outbound", "ai", "2026-03-03T12:01:00+01:00"))
        sweep()
        tables = {
            "day": "analytics_daily",
            "week": "analytics_weekly",
            "month": "analytics_monthly",
        }
        return {key: view(client, name)[0] for key, name in tables.items()}


def test_defect_04_a_week_has_all_its_columns(filled: Tables) -> None:
    week = filled["week"]

    assert (week["appointment_to_job_rate"], week["lead_to_appointment_rate"]) == (10_000, 5_000)
    assert (week["payments_collected_cents"], week["avg_response_time_seconds"]) == (700, 60)
    assert (week["jobs_won"], week["revenue_attributed_cents"]) == (1, 1000)


def test_defect_05_a_month_has_all_its_columns(filled: Tables) -> None:
    month = filled["month"]

    assert (month["month"], month["quotes_generated"], month["jobs_lost"]) == ("2026-03", 1, 1)
    assert (month["avg_job_value_cents"], month["payments_collected_cents"]) == (1000, 700)
    assert (month["total_messages"], month["ai_handled_percent"]) == (2, 100)


def test_defect_06_weeks_are_filled(filled: Tables) -> None:
    assert (filled["week"]["week_start"], filled["week"]["new_leads"]) == (MONDAY, 2)


def test_defect_07_a_week_knows_conversations_and_quick_answers(filled: Tables) -> None:
    week = filled["week"]

    assert (week["total_conversations"], week["response_within_five_min"]) == (1, 100)


def test_defect_09_a_day_is_filled_or_null_but_never_a_made_up_zero(filled: Tables) -> None:
    day = filled["day"]

    assert (day["total_conversations"], day["quotes_requested"]) == (1, 1)
    unknown = {"escalations", "invoices_sent_cents", "avg_rating"}
    assert {name for name, value in day.items() if value is None} == unknown


def test_defect_10_a_month_knows_its_qualified_leads(filled: Tables) -> None:
    """What no fact says yet is null."""
    month = filled["month"]

    assert month["qualified_leads"] == 1
    for name in ("outstanding_invoices_cents", "avg_rating", "five_star_reviews"):
        assert month[name] is None


def test_defect_08_a_weeks_mean_weighs_each_answer(acme: Client) -> None:
    """One answer after 100 s and, on another day, three after 20 s: 40 s, not 60."""
    for day, seconds, talks in ((2, 100, 1), (3, 20, 3)):
        for talk in range(talks):
            asked = datetime(2026, 3, day, 12, tzinfo=UTC)
            told = (asked + timedelta(seconds=seconds)).isoformat()
            name = f"{day} {talk}"
            post(acme, "messages", message("inbound", "contact", asked.isoformat(), name))
            post(acme, "messages", message("outbound", "person", told, name))

    week = ask(acme, "response_average", period=WEEK, grain=Grain.WEEK).rows[0]
    assert week["response_average"] == 40


def test_defect_11_the_month_is_there_while_it_runs(acme: Client) -> None:
    post(acme, "leads", lead("L1"))
    with time_machine.travel(datetime(2026, 3, 10, 12, tzinfo=UTC), tick=False):
        with acting_as(acme.id):
            calendar = calendar_of(acme.id)
        period = preset("mtd").of(calendar)

        assert period == Period(date(2026, 3, 1), date(2026, 3, 11))
        assert total(acme, "leads", period=period) == 1


def platform(first: date, last: date) -> list[dict[str, Any]]:
    """Read the agency's own table."""
    with platform_connection() as connection:
        sql = "SELECT * FROM reporting.platform_analytics WHERE date BETWEEN :a AND :b ORDER BY 2"
        found = connection.execute(sa.text(sql), {"a": first, "b": last})
        return [dict(row) for row in found.mappings()]


def test_defect_12_movements_of_mrr_reconcile(acme: Client) -> None:
    moves = ((2, "new", 100), (3, "contraction", -30), (4, "churn", -70), (6, "reactivation", 90))
    rows = [
        {"client_id": acme.id, "day": date(2024, 3, n), "currency": "EUR", "kind": kind}
        | {"amount_minor": amount, "reason": ""}
        for n, kind, amount in moves
    ]
    plan = {"client_id": acme.id, "effective_at": datetime(2024, 3, 2, tzinfo=UTC), "plan": "p"}
    plan |= {"id": new_id(), "currency": "EUR", "unit_amount_minor": 100}
    with acting_as(acme.id):
        for table, made in (
            ("plan_movements", rows),
            ("client_plan_changes", [plan | {"created_at": plan["effective_at"]}]),
        ):
            db.session.execute(sa.insert(Base.metadata.tables[table]), made)
    days = platform(date(2024, 3, 1), date(2024, 3, 7))

    for before, day in pairwise(days):
        gained = day["new_mrr_cents"] + day["expansion_mrr_cents"] + day["reactivation_mrr_cents"]
        lost = day["churned_mrr_cents"] + day["contraction_mrr_cents"]
        assert day["mrr_cents"] - before["mrr_cents"] == gained - lost
    assert {day["date"].day for day in days if day["churned_mrr_cents"]} >= {4}


def test_defect_13_clients_are_counted_as_of_their_day(acme: Client) -> None:
    """A client that churns leaves the total on that day, and stays in it for the days before."""
    changed = datetime(2025, 6, 5, 12, tzinfo=UTC)
    row = {"client_id": acme.id, "id": new_id(), "at": changed, "status": "churned", "reason": ""}
    before = platform(date(2025, 6, 4), date(2025, 6, 5))
    with acting_as(acme.id):
        table = Base.metadata.tables["client_status_changes"]
        db.session.execute(sa.insert(table), [row | {"created_at": changed}])
    after = platform(date(2025, 6, 4), date(2025, 6, 5))

    assert after[0]["active_clients"] == before[0]["active_clients"]
    assert after[1]["active_clients"] == before[1]["active_clients"] - 1
    assert after[1]["total_clients"] == before[1]["total_clients"] - 1
    assert after[1]["churned_clients"] == before[1]["churned_clients"] + 1


def test_defect_15_a_burst_is_one_turn_and_silence_counts(acme: Client) -> None:
    """Three messages, one answer: one turn. A turn that nobody answers lowers the share."""
    for second in (0, 10, 20):
        post(acme, "messages", message("inbound", "contact", f"2026-03-03T12:00:{second:02}Z"))
    post(acme, "messages", message("outbound", "system", "2026-03-03T12:00:30Z"))
    post(acme, "messages", message("outbound", "ai", "2026-03-03T12:01:00Z"))
    post(acme, "messages", message("outbound", "person", "2026-03-03T12:09:00Z"))
    post(acme, "messages", message("inbound", "contact", "2026-03-03T15:00:00Z", "t2"))
    keys = ("turns", "response_within_5m_rate", "response_median", "response_answered_rate")
    found = ask(acme, *keys, "person_response_within_5m_rate")

    values = [found.total[key] for key in found.query.metrics]
    assert values == [2, Decimal("0.5"), None, Decimal("0.5"), 0]


def test_defect_16_a_late_answer_revises_its_day(acme: Client) -> None:
    post(acme, "messages", message("inbound", "contact", "2026-03-03T22:00:00Z"))
    assert total(acme, "response_average") is None
    post(acme, "messages", message("outbound", "person", "2026-03-04T10:00:00Z"))

    day = ask(acme, "response_average", grain=Grain.DAY).rows[2]
    assert day["response_average"] == 12 * 3600


def test_defect_17_the_distribution_counts_responses(acme: Client) -> None:
    """All bands, in order, empty ones too; those without a reply are not hidden."""
    post(acme, "leads", *(lead(f"L{n}", "2026-03-03T12:00:00Z") for n in range(4)))
    for n, at in enumerate(("12:00:30", "12:05:00", "12:05:01")):
        answered = message("outbound", "ai", f"2026-03-03T{at}Z", f"t{n}", lead_id=f"L{n}")
        post(acme, "messages", answered)
    sweep()
    with acting_as(acme.id):
        found = bands(Query(("leads",), MARCH), calendar_of(acme.id), acme.id)

    assert [band.label for band in found.bands] == list(LABELS)
    assert [band.leads for band in found.bands] == [1, 1, 1, 0, 0, 1]
    assert found.bands[0].share == Decimal("0.25")


def test_defect_18_a_funnel_is_the_same_leads_in_order(acme: Client) -> None:
    """The last day counts; no step is larger than the one before; nothing over nothing is null."""
    last = "2026-03-31T22:00:00+02:00"
    post(acme, "leads", lead("L1", last), lead("L2"))
    post(acme, "funnel_events", {"lead_id": "L1", "kind": "qualified", "occurred_at": last})
    early = {"lead_id": "L2", "kind": "appointment_booked", "occurred_at": NOON}
    post(acme, "funnel_events", early)
    post(acme, "jobs", job("J1", "L1", "2026-04-02T10:00:00+02:00"))
    sweep()
    with acting_as(acme.id):
        question = FunnelQuery(Query(("leads",), MARCH, compare=Compare.PREVIOUS))
        found, before = funnel(question, calendar_of(acme.id), acme.id)

    steps = {step.key: step for step in found.steps}
    assert [step.leads for step in found.steps] == [2, 1, 0, 0]
    assert found.not_measured == ("first_response", "quote_sent")
    assert steps["appointment_booked"].dropped == 1
    assert found.rate == 0
    assert steps["job_won"].of_previous is None
    assert before is not None
    assert before.rate is None


def test_defect_19_a_win_is_of_its_leads_source(acme: Client) -> None:
    post(acme, "leads", lead("L1", source="referral"))
    post(acme, "jobs", job("J1", "L1"))

    rows = ask(acme, "leads", "jobs_won", "revenue_booked", dimensions=("source",)).rows
    assert [r.dimensions for r in rows] == [("referral",)]
    assert [rows[0][key] for key in ("leads", "jobs_won", "revenue_booked")] == [1, 1, 1000]


def test_defect_20_the_same_fact_counts_once(acme: Client) -> None:
    """Sent twice, and told by an event and by the job itself."""
    post(acme, "leads", lead("L1"))
    for _ in range(2):
        post(acme, "jobs", job("J1", "L1"))
    told = {"lead_id": "L1", "kind": "job_won", "occurred_at": NOON, "value_minor": 1000}
    post(acme, "funnel_events", told | {"ref": {"kind": "job", "id": "J1"}})

    assert total(acme, "jobs_won") == 1
    assert total(acme, "revenue_booked") == 1000


def test_defect_21_yesterdays_stages_stay_as_they_were(acme: Client) -> None:
    post(acme, "leads", lead("L1", stage="new"))
    moved = {"lead_id": "L1", "stage": "hot", "occurred_at": "2026-03-05T12:00:00+01:00"}
    post(acme, "stage_changes", moved)

    rows = ask(acme, "leads_in_stage", dimensions=("stage",), grain=Grain.DAY).rows
    by_day = {str(r.at): r.dimensions[0] for r in rows if r["leads_in_stage"]}
    assert by_day["2026-03-04"] == "new"
    assert by_day["2026-03-05"] == by_day["2026-03-31"] == "hot"
    days = {str(row["date"]): row for row in view(acme, "analytics_daily")}
    assert (days["2026-03-04"]["leads_new"], days["2026-03-05"]["leads_hot"]) == (1, 1)
    assert days["2026-03-05"]["leads_new"] == 0


def test_defect_22_small_shares_survive_and_cohorts_stay_below_one(acme: Client) -> None:
    """One job of 250 leads is 0.4 %. Jobs of older leads pass 1 in the activity ratio alone."""
    post(acme, "leads", *(lead(f"L{n}") for n in range(250)))
    post(acme, "jobs", job("J1", "L0"))
    assert total(acme, "lead_to_job_rate") == Decimal("0.004")
    assert view(acme, "analytics_monthly")[0]["lead_to_job_rate"] == 40
    later = Period(date(2026, 4, 1), date(2026, 5, 1))
    post(acme, "leads", lead("M1", "2026-04-03T12:00:00Z"))
    post(acme, "jobs", *(job(f"J{n}", f"L{n}", "2026-04-03T12:00:00Z") for n in range(2, 5)))

    found = ask(acme, "lead_to_job_rate", "lead_to_job_rate_cohort", period=later)
    assert found.total["lead_to_job_rate"] == 3
    assert found.total["lead_to_job_rate_cohort"] == 0


def test_defect_23_nothing_sent_is_no_share(acme: Client) -> None:
    """System messages are neither the assistant's nor a person's."""
    post(acme, "messages", message("inbound", "contact", NOON))
    assert total(acme, "ai_handled_rate") is None
    for sender in ("ai", "person", "system", "system"):
        post(acme, "messages", message("outbound", sender, NOON))

    assert total(acme, "ai_handled_rate") == Decimal("0.5")


def test_defect_24_return_counts_all_costs(acme: Client) -> None:
    post(acme, "leads", lead("L1"))
    post(acme, "jobs", job("J1", "L1", value=9000))
    assert total(acme, "return_on_spend") is None
    post(acme, "campaigns", {"external_id": "C1", "name": "Spring"})
    spent = {"campaign_id": "C1", "occurred_on": "2026-03-03", "amount_minor": 2000}
    post(acme, "campaign_spend", spent | {"currency": "EUR"})
    billed = {"service": "sms", "occurred_at": NOON, "amount_micros": 10_000_000}
    post(acme, "usage_costs", billed | {"currency": "EUR"})

    found = ask(acme, "return_on_spend", "return_on_ad_spend", "roi", "total_cost", "usage_cost")
    assert [found.total[k] for k in found.query.metrics] == [3, Decimal("4.5"), 2, 3000, 1000]


def test_defect_25_changes_compare_like_with_like(acme: Client) -> None:
    """Tuesday noon against the Tuesday before until noon; from nothing there is no change."""
    at = datetime(2026, 3, 10, 11, tzinfo=UTC)
    for n, moment in enumerate(("2026-03-03T09:00:00Z", "2026-03-03T18:00:00Z")):
        post(acme, "leads", lead(f"L{n}", moment))
    post(acme, "leads", lead("L8", "2026-03-10T08:00:00Z"), lead("L9", "2026-03-10T09:00:00Z"))
    week = Period(date(2026, 3, 9), date(2026, 3, 16))

    found = ask(acme, "leads", "jobs_won", period=week, compare=Compare.PREVIOUS, at=at).total
    assert [found["leads"], found.before("leads"), found.change("leads")] == [2, 1, 1]
    assert found.change("jobs_won") is None


@pytest.mark.parametrize(
    ("zone", "now", "key", "expected"),
    [
        ("Europe/Berlin", "2026-03-01T08:00", "last_month", ("2026-02-01", "2026-03-01")),
        ("Asia/Tokyo", "2026-02-09T17:00", "yesterday", ("2026-02-09", "2026-02-10")),
        ("America/Los_Angeles", "2026-11-09T20:00", "7d", ("2026-11-03", "2026-11-10")),
    ],
)
def test_defect_26_dates_are_the_clients_calendar(
    zone: str, now: str, key: str, expected: tuple[str, str]
) -> None:
    calendar = Calendar([CalendarSpan(date(1970, 1, 1), zone, 0, "EUR")])
    with time_machine.travel(datetime.fromisoformat(now).replace(tzinfo=UTC), tick=False):
        period = preset(key).of(calendar)

    assert (str(period.start), str(period.end)) == expected
    assert calendar.week_of(date(2026, 11, 1)) == date(2026, 10, 26)


def test_defect_27_paused_clients_are_counted_and_late_facts_reach_their_month(
    acme: Client,
) -> None:
    with acting_as(acme.id):
        table = Base.metadata.tables["client_status_changes"]
        at = datetime(2026, 3, 2, tzinfo=UTC)
        row = {"client_id": acme.id, "id": new_id(), "at": at, "status": "paused"}
        db.session.execute(sa.insert(table), [row | {"created_at": at}])
    post(acme, "leads", lead("L1"))
    assert view(acme, "analytics_monthly")[0]["new_leads"] == 1
    post(acme, "leads", lead("L2"))

    assert view(acme, "analytics_monthly")[0]["new_leads"] == 2
    assert view(acme, "analytics_weekly")[0]["new_leads"] == 2


def test_defect_28_numbers_are_for_those_who_hold_a_key(browser: FlaskClient) -> None:
    """And nothing is computed by asking: there is no address that does."""
    for address in ("query", "rows"):
        path = f"/api/v1/{address}"
        body = {"metrics": ["leads"], "period": {"preset": "30d"}}
        assert browser.post(path, json=body, base_url="https://localhost").status_code == 401
        assert browser.get(path, base_url="https://localhost").status_code == 405


def test_defect_29_amounts_have_room_and_a_currency(acme: Client) -> None:
    large = 9 * 10**15
    for currency in ("EUR", "EUR", "USD"):
        paid = {"occurred_at": NOON, "amount_minor": large, "currency": currency}
        post(acme, "payments", paid)
    found = ask(acme, "payments_collected")

    assert found.total["payments_collected"] == 2 * large
    assert found.other_currencies == ("USD",)
    assert view(acme, "analytics_monthly")[0]["payments_collected_cents"] == 2 * large
    today = datetime(2026, 3, 10, 12, tzinfo=UTC)
    with time_machine.travel(today, tick=False), acting_as(acme.id):
        week = preset("7d").of(calendar_of(acme.id))
    assert (week.days, week.last) == (7, date(2026, 3, 10))
