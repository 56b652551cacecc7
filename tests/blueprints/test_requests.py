"""Each request has an id and a line; neither says what it should not."""

import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.blueprints.requests import MOST_A_SECOND, Flood
from portal.models.accounts import User
from portal.models.clients import Client
from tests import people


def line(caplog: pytest.LogCaptureFixture) -> logging.LogRecord:
    """Give the last line that a request left."""
    return [record for record in caplog.records if record.name == "portal.requests"][-1]


@pytest.fixture(autouse=True)
def _listen(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def test_a_line_names_route_status_client_and_person(
    app: Flask, acme: Client, bob: User, caplog: pytest.LogCaptureFixture
) -> None:
    people.signed_in(app, bob).get(f"/c/{acme.slug}/settings/team?email=secret@example.com")
    said = vars(line(caplog))

    assert said["route"].startswith("/c/<slug>")
    assert said["client"] == acme.slug
    assert said["user"] == str(bob.id)
    assert isinstance(said["status"], int)
    assert "secret" not in str(said["route"])


def test_what_is_not_there_is_named_by_no_path(
    browser: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    browser.get("/reset-me/with-a-secret")

    assert vars(line(caplog))["route"] == "(none)"
    assert vars(line(caplog))["status"] == 404


def test_each_request_has_an_id_of_its_own(browser: FlaskClient) -> None:
    ids = {browser.get("/login").headers["X-Request-Id"] for _ in range(3)}

    assert len(ids) == 3


def test_only_our_own_proxy_gives_ids(browser: FlaskClient) -> None:
    given = browser.get("/login", headers={"X-Request-Id": "somebody-elses"})

    assert given.headers["X-Request-Id"] != "somebody-elses"


def test_health_is_asked_in_silence(browser: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    browser.get("/healthz")

    assert [record for record in caplog.records if record.name == "portal.requests"] == []


def test_a_flood_leaves_a_few_lines_and_a_count(caplog: pytest.LogCaptureFixture) -> None:
    flood = Flood()
    through = sum(flood.lets_through(1.0 + n / 100_000) for n in range(10_000))

    assert through == MOST_A_SECOND
    assert flood.lets_through(2.0)
    assert vars(line(caplog))["dropped"] == 10_000 - MOST_A_SECOND
