"""The asking side of the API: what it answers, and what it refuses by name."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from portal.actions import keys
from portal.catalog.calendars import calendar_of
from portal.catalog.subjects import METRICS
from portal.core.db import Base, db, platform_connection
from portal.core.ids import new_id
from portal.core.tenancy import acting_as
from portal.models.clients import Client
from portal.rollups import build

Ask = Callable[..., Any]
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
JANUARY = {"from": "2026-01-01", "to": "2026-02-01"}


def lead(client: Client, at: datetime, **columns: Any) -> None:
    """Keep one lead."""
    row = {
        "client_id": client.id,
        "id": new_id(),
        "system": "test",
        "external_id": str(new_id()),
        "occurred_at": at,
        "version": -1,
        "body": {},
        "body_hash": b"",
        "received_at": LONG_AGO,
        "changed_at": LONG_AGO,
    }
    with acting_as(client.id):
        db.session.execute(sa.insert(Base.metadata.tables["leads"]), [row | columns])


def roll_up(client: Client, first: date, days: int) -> None:
    """Roll days up."""
    with acting_as(client.id):
        calendar = calendar_of(client.id)
    with platform_connection(read_only=False) as connection:
        pairs = [(client.id, first + timedelta(days=n)) for n in range(days)]
        build.roll_up(connection, pairs, {client.id: calendar})


@pytest.fixture
def ask(browser: FlaskClient, acme: Client) -> Ask:
    """Ask as a program with a read key of acme's."""
    with acting_as(acme.id):
        made = keys.create(acme.id, "read")
        db.session.commit()

    def send(path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        headers = {"Authorization": f"Bearer {made.secret}"} | headers
        base = "https://localhost"
        if body is None:
            answer = browser.get(f"/api/v1/{path}", headers=headers, base_url=base)
        else:
            answer = browser.post(f"/api/v1/{path}", json=body, headers=headers, base_url=base)
        assert answer.status_code == status, answer.text
        return answer.get_json()

    return send


def test_a_query_is_answered_as_the_contract_says(ask: Ask, acme: Client) -> None:
    lead(acme, datetime(2026, 1, 1, 0, 0, tzinfo=UTC), source="web_form")
    lead(acme, datetime(2025, 12, 31, 23, 0, tzinfo=UTC), source="web_form")
    lead(acme, datetime(2025, 12, 31, 22, 59, 59, 999999, tzinfo=UTC), source="referral")
    roll_up(acme, date(2025, 12, 30), 5)

    found = ask(
        "query",
        {
            "metrics": ["leads", "jobs_won"],
            "dimensions": ["source"],
            "grain": "day",
            "period": JANUARY,
            "compare": "previous",
            "order": [{"by": "leads", "descending": True}],
        },
    )

    assert found["columns"] == [
        {"key": "day", "kind": "time"},
        {"key": "source", "kind": "dimension"},
        {"key": "leads", "kind": "metric", "unit": "count"},
        {"key": "leads", "kind": "before"},
        {"key": "jobs_won", "kind": "metric", "unit": "count"},
        {"key": "jobs_won", "kind": "before"},
    ]
    assert found["rows"] == [
        ["2026-01-01", "web_form", 2, 0, 0, 0],
        ["2026-01-31", "referral", 0, 1, 0, 0],
    ]
    assert found["totals"] == {"leads": 2, "jobs_won": 0}
    assert found["truncated"] is False
    assert found["comparison"] == {
        "totals": {"leads": 1, "jobs_won": 0},
        "interval": {"from": "2025-11-30T23:00:00Z", "to": "2025-12-31T23:00:00Z"},
    }
    assert found["interval"] == {"from": "2025-12-31T23:00:00Z", "to": "2026-01-31T23:00:00Z"}
    assert found["buckets"][0] == {"from": "2026-01-01", "complete": True}
    assert len(found["buckets"]) == 31
    assert found["time_zone"] == "Europe/Berlin"
    assert found["other_currencies"] == []
    assert found["as_of"].endswith("Z")


def test_another_clients_leads_are_not_counted(ask: Ask, globex: Client) -> None:
    lead(globex, datetime(2026, 1, 5, tzinfo=UTC))
    roll_up(globex, date(2026, 1, 3), 4)

    found = ask("query", {"metrics": ["leads"], "period": JANUARY})

    assert found["rows"] == [[0]]
    assert found["totals"] == {"leads": 0}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"metrics": []}, ["metric"]),
        ({"metrics": ["lead"]}, ["lead"]),
        ({"metrics": ["leads", "leads"]}, ["different"]),
        ({"dimensions": ["medium"]}, ["leads", "medium"]),
        ({"dimensions": ["colour"]}, ["colour"]),
        ({"metrics": ["cost_per_lead"], "dimensions": ["owner"]}, ["cost_per_lead", "owner"]),
        (
            {"filters": [{"dimension": "sender", "op": "is", "values": ["ai"]}]},
            ["leads", "sender"],
        ),
        ({"filters": [{"dimension": "source", "op": "is", "values": []}]}, ["one value"]),
        ({"filters": [{"dimension": "source", "op": "is", "values": ["\x00"]}]}, ["text"]),
        ({"filters": [{"dimension": "source", "op": "like", "values": ["a"]}]}, ["like"]),
        ({"filters": [{"dimension": "source", "op": "is", "values": [True]}]}, ["source"]),
        ({"metrics": ["jobs_lost"], "grain": "hour", "period": {"preset": "7d"}}, ["hour"]),
        ({"grain": "hour"}, ["14"]),
        ({"grain": "fortnight"}, ["fortnight"]),
        ({"period": {"from": "2026-02-01", "to": "2026-02-01"}}, ["from"]),
        ({"period": {"from": "0001-01-01", "to": "2026-02-01"}}, ["1900"]),
        ({"period": {"preset": "fortnight"}}, ["fortnight"]),
        ({"period": {}}, ["period"]),
        ({"order": [{"by": "jobs_won"}]}, ["jobs_won"]),
        ({"limit": 0}, ["limit"]),
        ({"limit": "12"}, ["limit"]),
        ({"currency": "euro"}, ["currency"]),
        ({"compare": "custom"}, ["compare"]),
        ({"unknown": 1}, ["unknown"]),
    ],
)
def test_what_cannot_be_answered_is_named(
    ask: Ask, change: dict[str, Any], words: list[str]
) -> None:
    refused = ask("query", {"metrics": ["leads"], "period": JANUARY} | change, 422)

    assert all(word in refused["detail"] for word in words), refused


def test_a_body_that_is_no_json_is_a_bad_request(ask: Ask, browser: FlaskClient) -> None:
    ask("query", {"metrics": ["leads"], "period": JANUARY})
    ask("query", {"metrics": ["leads"], "period": JANUARY}, 401, Authorization="")


def test_money_names_its_currency_and_the_others(ask: Ask, acme: Client) -> None:
    for currency, value in (("EUR", 100), ("USD", 700)):
        at = datetime(2026, 1, 5, tzinfo=UTC)
        lead(acme, at, stage="new", value_minor=value, currency=currency)
    roll_up(acme, date(2026, 1, 5), 1)
    question = {"metrics": ["pipeline_value"], "period": JANUARY}

    assert ask("query", question)["rows"] == [[{"minor": 100, "currency": "EUR"}]]
    assert ask("query", question)["other_currencies"] == ["USD"]
    assert ask("query", question | {"currency": "USD"})["totals"] == {
        "pipeline_value": {"minor": 700, "currency": "USD"}
    }
    assert ask("query", question | {"dimensions": ["currency"]})["rows"] == [
        ["EUR", {"minor": 100, "currency": "EUR"}],
        ["USD", {"minor": 700, "currency": "USD"}],
    ]


def test_rows_add_up_and_page(ask: Ask, acme: Client) -> None:
    for hour in range(5):
        lead(acme, datetime(2026, 1, 5, hour, tzinfo=UTC), source="web_form", name=f"Lead {hour}")
    question = {"metric": "leads", "period": JANUARY, "limit": 2}

    pages = [ask("rows", question)]
    while pages[-1]["next"]:
        pages.append(ask("rows", question | {"cursor": pages[-1]["next"]}))

    assert [item["title"] for page in pages for item in page["items"]] == [
        "Lead 4",
        "Lead 3",
        "Lead 2",
        "Lead 1",
        "Lead 0",
    ]
    assert pages[0]["count"] == 5
    assert pages[0]["total"] == 5
    assert pages[0]["items"][0]["dimensions"]["source"] == "web_form"
    ask("rows", question | {"cursor": "nonsense"}, 422)
    ask("rows", question | {"part": "denominator"}, 422)


def test_the_lists_say_what_can_be_asked(ask: Ask) -> None:
    metrics = {item["key"]: item for item in ask("metrics")["items"]}

    assert set(metrics) == set(METRICS)
    assert metrics["leads"]["documents"][0] == "analytics_daily.new_leads"
    assert metrics["lead_to_job_rate"]["formula"] == "jobs_won ÷ leads"
    assert "source" in {item["key"] for item in ask("dimensions")["items"]}
    assert ask("events/names") == {"items": []}


def test_a_key_for_sending_may_not_ask(browser: FlaskClient, acme: Client, ask: Ask) -> None:
    with acting_as(acme.id):
        sending = keys.create(acme.id, "ingest").secret
        db.session.commit()
    question = {"metrics": ["leads"], "period": JANUARY}

    ask("query", question)
    ask("query", question, 403, Authorization=f"Bearer {sending}")
    ask("metrics", None, 403, Authorization=f"Bearer {sending}")
