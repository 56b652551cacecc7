"""Every part of the Overview says what it would show, for a client that has nothing to show."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.core.tenancy import acting_as
from portal.ingest import facts
from portal.models.clients import Client
from portal.rollups.sweep import due, sweep
from tests.people import person, signed_in

TEMPLATES = Path(__file__).parents[2] / "portal" / "templates" / "client" / "overview"
LONG_AGO = "period=custom&from=2026-01-01&to=2026-01-07"
SAYS = {
    "_trend.html": "Nothing in these days",
    "_funnel.html": "The funnel follows the leads that arrived in it.",
    "_sources.html": "Each source shows here with its jobs, revenue and cost.",
    "_response.html": "How fast each lead was answered shows here.",
    "_heatmap.html": "Each hour of the week shows how many got in touch.",
    "_activity.html": "The newest leads, calls, messages and jobs show here.",
    "_cards.html": "–",
    "_strip.html": "–",
}
"""What each part says when it is empty; figures that are undefined are a dash."""


@pytest.fixture
def owner(app: Flask, acme: Client) -> FlaskClient:
    """Acme's owner, in a browser."""
    return signed_in(app, person("alice", client=acme, role="owner"))


def test_every_part_of_the_overview_is_known_here() -> None:
    """A new part brings its empty state."""
    parts = {path.name for path in TEMPLATES.glob("_*.html")}

    assert parts == set(SAYS)


def test_a_period_without_data_says_so_in_every_card(owner: FlaskClient, acme: Client) -> None:
    """One old fact, so that the client is not new; the period before it is empty."""
    lead = {"external_id": "L1", "occurred_at": "2025-11-11T12:00:00Z", "source": "referral"}
    with acting_as(acme.id):
        assert facts.store(acme.id, "leads", "api", [lead]).stored == 1
    while due():
        sweep()
    page = owner.get(f"/c/{acme.slug}/overview?{LONG_AGO}").text
    missing = [part for part, words in SAYS.items() if words not in page]

    assert set(missing) <= {"_activity.html"}  # the feed is of the newest, whenever that was
    assert not re.search(r"\b(?:None|nan|undefined)\b", page)


@pytest.mark.parametrize("part", ["cards", "strip", "funnel", "activity"])
def test_each_part_that_refreshes_has_an_empty_state(
    owner: FlaskClient, acme: Client, part: str
) -> None:
    """A client that has never sent anything."""
    answer = owner.get(f"/c/{acme.slug}/p/overview/{part}?{LONG_AGO}")

    assert answer.status_code == 200
    assert SAYS[f"_{part}.html"] in answer.text


def test_a_new_client_is_told_how_to_begin(owner: FlaskClient, acme: Client) -> None:
    """Instead of a page of dashes."""
    assert "Send the first lead with a key" in owner.get(f"/c/{acme.slug}/overview").text
    for name in ("arrivals", "imports", "settings/keys", "rows/leads"):
        page = owner.get(f"/c/{acme.slug}/{name}")

        assert page.status_code == 200
        assert re.search(r'class="[^"]*\bempty\b', page.text), name
