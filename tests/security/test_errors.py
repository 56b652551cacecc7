"""Errors in the form that their asker reads; never a 5xx for input, never a word too much."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.app import create_app
from portal.blueprints.cookies import cookie_name
from portal.config import Config
from portal.core.db import db
from portal.models.accounts import User
from portal.models.clients import Client
from tests.people import form_token, sign_in, signed_in


def test_a_program_reads_a_problem_document(browser: FlaskClient) -> None:
    answer = browser.get("/api/v1/nothing-here")

    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert answer.json["status"] == 404
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]


def test_a_person_reads_a_page_and_htmx_a_part(app: Flask, acme: Client, bob: User) -> None:
    browser, path = signed_in(app, bob), f"/c/{acme.slug}/settings/team"
    page, part = browser.get(path), browser.get(path, headers={"HX-Request": "true"})

    assert (page.status_code, part.status_code) == (403, 403)
    assert "<html" in page.text
    assert "<html" not in part.text
    assert part.headers["X-Portal-Part"] == "error"


@pytest.fixture
def broken(config: Config) -> Iterator[Flask]:
    """A portal whose database is not there."""
    nowhere = "postgresql://portal_app@127.0.0.1:1/nothing"
    settings = replace(config, database_url=nowhere, database_platform_url=nowhere)
    app = create_app(settings, testing=True)
    yield app
    with app.app_context():
        db.engine.dispose()
    app.extensions["platform_engine"].dispose()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_without_a_database_the_answer_is_503_soon(broken: Flask, headers: dict[str, str]) -> None:
    browser = broken.test_client()
    browser.set_cookie(cookie_name(broken.config["PORTAL"], "session"), "a" * 43)
    start = time.monotonic()

    for path in ("/", "/c/acme/settings/team", "/admin/people", "/account/profile"):
        answer = browser.get(path, headers=headers)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert time.monotonic() - start < 2 * 4


def test_without_a_database_nobody_signs_in_but_nothing_breaks(broken: Flask) -> None:
    assert sign_in(broken.test_client(), "ada@example.com").status_code == 503


def test_an_unknown_error_says_nothing_but_its_reference(config: Config) -> None:
    app = create_app(config, testing=True)

    @app.get("/boom")
    def boom() -> str:
        raise RuntimeError("the secret is 4711")

    answer = app.test_client().get("/boom")

    assert answer.status_code == 500
    assert "4711" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    with app.app_context():
        db.engine.dispose()
    app.extensions["platform_engine"].dispose()


@pytest.fixture
def without_redis(config: Config) -> Iterator[Flask]:
    """A portal whose Redis is away."""
    app = create_app(replace(config, redis_url="redis://127.0.0.1:1/0"), testing=True)
    yield app
    with app.app_context():
        db.engine.dispose()
    app.extensions["platform_engine"].dispose()


def test_limits_survive_redis(without_redis: Flask, alice: User) -> None:
    browser = without_redis.test_client()
    browser.environ_base["REMOTE_ADDR"] = "198.51.100.9"

    tried = [sign_in(browser, alice.email, "wrong").status_code for _ in range(12)]

    assert tried == [401] * 10 + [429] * 2
    assert sign_in(without_redis.test_client(), alice.email).status_code == 303


def test_a_limit_says_when_to_come_back(app: Flask, alice: User) -> None:
    browser = app.test_client()
    browser.environ_base["REMOTE_ADDR"] = "198.51.100.10"
    for _ in range(11):
        answer = sign_in(browser, alice.email, "wrong")

    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900


@pytest.mark.parametrize(
    "path", ["/login?next=%00", "/login?next=%ff%fe", "/c/%00/overview", "/%2e%2e/x"]
)
def test_strange_addresses_are_never_a_5xx(browser: FlaskClient, path: str) -> None:
    assert browser.get(path).status_code < 500


def test_strange_slugs_and_forms_are_never_a_5xx(app: Flask, alice: User) -> None:
    browser = signed_in(app, alice)
    assert browser.get("/c/%00/overview").status_code == 404
    assert browser.get("/c/%ff/settings/team").status_code == 404
    token = form_token(browser, "/logout")
    data = {"name": "a\0b", "theme": "auto", "csrf_token": token}
    assert browser.post("/account/profile", data=data).status_code == 422
    data = {"name": "ok", "theme": "pink", "csrf_token": token}
    assert browser.post("/account/profile", data=data).status_code == 422
