"""The Overview shows what was sent, to whom it belongs, and opens down to its rows."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.core.calendar import now
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.ingest import facts
from portal.models.clients import Client
from portal.models.rollups import DayMark
from portal.rollups.sweep import due, sweep
from tests.people import person, signed_in

COMPARED = "compare=custom&cfrom=2025-01-01&cto=2025-01-31"
PARTS = ("cards", "strip", "funnel", "activity")


@pytest.fixture
def owner(app: Flask, acme: Client) -> FlaskClient:
    """A browser in which acme's owner is signed in."""
    return signed_in(app, person("alice", client=acme, role="owner"))


def send(client: Client, kind: str, *items: dict[str, Any]) -> None:
    """Store facts and roll them up."""
    with acting_as(client.id):
        verdicts = facts.store(client.id, kind, "api", list(items))
    assert {one.status for one in verdicts.results} == {"stored"}
    while due():
        sweep()


def lead(number: int, **fields: Any) -> dict[str, Any]:
    """A lead of an hour ago."""
    at = (now() - timedelta(hours=1)).isoformat()
    return {"external_id": f"L{number}", "occurred_at": at, "source": "web_form", **fields}


def test_a_lead_that_was_sent_is_on_the_card(owner: FlaskClient, acme: Client) -> None:
    send(acme, "leads", lead(1, name="Dana Canary"), lead(2))
    page = owner.get(f"/c/{acme.slug}/overview?period=7d").text

    assert 'id="kpi-leads"' in page
    assert ">2<span" in page.replace("\n", "")
    assert "Dana Canary" in page


def test_its_rows_open_from_the_card(owner: FlaskClient, acme: Client) -> None:
    send(acme, "leads", lead(1, name="Dana Canary"))
    for path in ("rows/leads", "p/rows/leads"):
        page = owner.get(f"/c/{acme.slug}/{path}?period=7d").text

        assert "Dana Canary" in page
        assert "UTC" in page
        assert "1 rows" in page or "1 row" in page


def test_the_file_holds_every_row_and_no_formula(owner: FlaskClient, acme: Client) -> None:
    send(acme, "leads", *(lead(n, name="=HYPERLINK(1)") for n in range(60)))
    text = owner.get(f"/c/{acme.slug}/rows/leads.csv?period=7d").text
    rows = list(csv.DictReader(io.StringIO(text)))

    assert len(rows) == 60
    assert {row["title"] for row in rows} == {"'=HYPERLINK(1)"}


def test_revenue_is_shown_in_the_clients_money(owner: FlaskClient, acme: Client) -> None:
    send(acme, "leads", lead(1))
    at = (now() - timedelta(minutes=30)).isoformat()
    job = {"external_id": "J1", "occurred_at": at, "lead_id": "L1", "status": "won",
           "won_at": at, "value_minor": 1_234_500}  # fmt: skip
    send(acme, "jobs", job)
    page = owner.get(f"/c/{acme.slug}/overview?period=7d").text

    assert "€12,345" in page


@pytest.mark.parametrize("part", PARTS)
def test_an_unchanged_part_is_not_sent_again(owner: FlaskClient, acme: Client, part: str) -> None:
    send(acme, "leads", lead(1))
    address = f"/c/{acme.slug}/p/overview/{part}?period=7d"
    first = owner.get(address)
    second = owner.get(address, headers={"If-None-Match": first.headers["ETag"]})
    send(acme, "leads", lead(2))
    third = owner.get(address, headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, second.status_code, third.status_code) == (200, 304, 200)
    assert second.data == b""


def test_a_client_without_data_is_told_what_to_do(owner: FlaskClient, acme: Client) -> None:
    page = owner.get(f"/c/{acme.slug}/overview").text

    assert "Send the first lead" in page


@pytest.mark.parametrize(
    "query",
    [
        "period=nonsense",
        "period=custom&from=2026-13-01&to=x",
        "compare=never",
        "f=x:y:z",
        "f=source:is:",
        "interval=century",
        "period=all",
        "period=24h",
        "period=12mo&interval=month",
        "compare=none",
        "compare=year",
        "match=none",
        "group=campaign&sort=-revenue",
        "sort=cost",
        f"period=custom&from=2026-01-01&to=2026-01-31&{COMPARED}",
    ],
)
def test_no_address_breaks_the_page(owner: FlaskClient, acme: Client, query: str) -> None:
    send(acme, "leads", lead(1))

    assert owner.get(f"/c/{acme.slug}/overview?{query}").status_code == 200


def test_a_filter_narrows_every_figure(owner: FlaskClient, acme: Client) -> None:
    send(acme, "leads", lead(1), lead(2, source="referral"), lead(3, source="referral"))
    page = owner.get(f"/c/{acme.slug}/overview?period=7d&f=source:is:referral").text

    assert "Remove filter: Source is Referral" in page
    assert ">2<span" in page


def test_a_stranger_sees_nothing_of_it(app: Flask, acme: Client, globex: Client) -> None:
    send(acme, "leads", lead(1, name="Canary of Acme"))
    charlie = signed_in(app, person("charlie", client=globex, role="owner"))
    paths = ["overview", "rows/leads", "rows/leads.csv", "p/rows/leads"]
    paths += [f"p/overview/{part}" for part in PARTS]

    assert charlie.get(f"/c/{globex.slug}/overview").status_code == 200
    for path in paths:
        answer = charlie.get(f"/c/{acme.slug}/{path}")
        assert answer.status_code == 404
        assert "Canary" not in answer.text


def test_nothing_spent_is_no_cheap_lead(owner: FlaskClient, acme: Client) -> None:
    send(acme, "leads", lead(1))
    page = owner.get(f"/c/{acme.slug}/overview?period=7d").text

    assert "no spend" in page
    assert "€0.00" not in page


def test_a_click_on_a_figure_has_an_address(owner: FlaskClient, acme: Client) -> None:
    send(acme, "leads", lead(1), lead(2, source="referral"))
    own = f"/c/{acme.slug}/overview"
    asked = f"/c/{acme.slug}/p/rows/leads?period=7d&f=source:is:referral"
    first = owner.get(asked, headers={"HX-Current-URL": f"http://localhost{own}?period=7d"})
    opened = first.headers["HX-Push-Url"]
    again = owner.get(asked, headers={"HX-Current-URL": f"http://localhost{opened}"})
    elsewhere = owner.get(asked, headers={"HX-Current-URL": "http://localhost/c/other/overview"})

    assert opened == f"{own}?period=7d&rows=leads,source:is:referral"
    assert again.headers["HX-Replace-Url"] == opened
    assert not {"HX-Push-Url", "HX-Replace-Url"} & set(elsewhere.headers.keys())
    assert "/p/rows/leads?period=7d&amp;f=source:is:referral" in owner.get(opened).text


def test_figures_that_lag_say_since_when(owner: FlaskClient, acme: Client) -> None:
    send(acme, "leads", lead(1))
    at = now() - timedelta(minutes=11)
    with acting_as(acme.id):
        db.session.add(DayMark(client_id=acme.id, day=at.date(), marked_at=at))
    page = owner.get(f"/c/{acme.slug}/overview?period=7d").text
    sweep()

    assert "is not counted yet" in page
    assert "is not counted yet" not in owner.get(f"/c/{acme.slug}/overview?period=7d").text


def test_a_comparison_from_before_the_first_data_says_so(owner: FlaskClient, acme: Client) -> None:
    send(acme, "leads", lead(1))

    assert "Data begins" in owner.get(f"/c/{acme.slug}/overview?period=7d").text
    assert "Data begins" not in owner.get(f"/c/{acme.slug}/overview?compare=none").text
