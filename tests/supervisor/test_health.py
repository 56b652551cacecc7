"""What a load balancer asks."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from portal.core import health


def test_a_living_process_says_so(browser: FlaskClient) -> None:
    """Without a database query, and without signing in."""
    assert browser.get("/healthz").json == {"status": "ok"}


def test_ready_when_database_schema_and_redis_are(browser: FlaskClient) -> None:
    """All parts are named."""
    answer = browser.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ready", "database": "ok", "redis": "ok"}


def test_without_redis_it_is_degraded_not_down(
    app: Flask, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sign-in, pages and ingest work without Redis, so the balancer keeps sending."""
    nowhere = Redis(unix_socket_path="/nonexistent/valkey.sock")
    monkeypatch.setattr(Redis, "from_url", lambda *_, **__: nowhere)
    answer = browser.get("/readyz")
    assert (answer.status_code, answer.json and answer.json["status"]) == (200, "degraded")


def test_another_schema_is_not_ready(browser: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that is newer than the schema must not get traffic."""
    monkeypatch.setattr(health, "_head", lambda: "9999_from_the_future")
    answer = browser.get("/readyz")
    assert (answer.status_code, answer.json and answer.json["database"]) == (503, "migrate")
