"""Figures about the portal itself: for Prometheus alone, added up over its processes."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from portal.app import create_app
from portal.config import Config
from portal.core.calendar import now
from portal.core.db import db
from portal.core.queue import enqueue
from portal.ingest import facts
from portal.models.clients import Client
from portal.rollups.sweep import sweep
from portal.supervisor.family import fork

TOKEN = "a token for tests only"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}

KNOWN_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"}

Figures = dict[tuple[str, ...], float]


@pytest.fixture
def told(config: Config, tmp_path: Path) -> Iterator[Flask]:
    """A portal with a token for /metrics, and counts that no other test adds to."""
    app = create_app(replace(config, metrics_token=TOKEN, data_dir=tmp_path), testing=True)
    yield app
    with app.app_context():
        db.engine.dispose()
    app.extensions["platform_engine"].dispose()


def figures(text: str) -> Figures:
    """Read the answer as Prometheus does: (name, labels…) → figure."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def ask(app: Flask) -> Figures:
    """Ask with the token."""
    answer = app.test_client().get("/metrics", headers=HEADERS)
    assert answer.status_code == 200
    return figures(answer.text)


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", "Bearer é"])
def test_without_the_token_there_is_no_such_page(told: Flask, sent: str) -> None:
    answer = told.test_client().get("/metrics", headers={"Authorization": sent})

    assert answer.status_code == 404


def test_without_a_token_set_nobody_may_ask(browser: FlaskClient) -> None:
    assert browser.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_requests_are_counted_by_route_and_class(told: Flask) -> None:
    before = ask(told)
    for path in ("/login", "/login", "/not/here/at-all"):
        told.test_client().get(path)
    after = ask(told)

    login = ("portal_requests_total", "GET", "/login", "2xx")
    missing = ("portal_requests_total", "GET", "(none)", "4xx")
    assert after[login] - before.get(login, 0) == 2
    assert after[missing] - before.get(missing, 0) == 1
    assert after[("portal_request_seconds_count", "/login")] >= 2


def test_methods_that_nobody_knows_make_no_new_figures(told: Flask) -> None:
    for number in range(5):
        told.test_client().open("/login", method=f"ODD{number}")

    found = {key[1] for key in ask(told) if key[0] == "portal_requests_total"}
    assert found <= KNOWN_METHODS
    assert "OTHER" in found


def test_the_database_is_asked(told: Flask, acme: Client) -> None:
    sweep()
    happened = datetime(1901, 3, 3, 12, tzinfo=UTC)  # longer ago than what other tests send
    lead = {"external_id": "L1", "occurred_at": happened.isoformat()}
    facts.store(acme.id, "leads", "crm", [lead])
    enqueue("housekeeping.clear")
    db.session.commit()
    found = ask(told)

    assert found[("portal_database_up",)] == 1
    assert found[("portal_task_runs", "queued")] >= 1
    assert found[("portal_queue_age_seconds", "default")] >= 0
    assert found[("portal_mails", "failed")] >= 0
    assert 0 < found[("portal_rollup_lag_seconds", "day")] < 60
    assert 0 <= found[("portal_ingest_age_seconds", "leads")] < 60
    lag = found[("portal_ingest_lag_seconds", "leads")]
    assert lag == pytest.approx((now() - happened).total_seconds(), abs=60)
    db.session.execute(db.text("DELETE FROM task_runs"))
    db.session.commit()


def test_what_its_siblings_counted_is_added_up(config: Config, tmp_path: Path) -> None:
    """Two web processes, forked by one: the second is asked."""
    told = replace(config, metrics_token=TOKEN, data_dir=tmp_path)
    answer = tmp_path / "answer.txt"

    def serve() -> None:
        app = create_app(told, testing=True)
        for _ in range(3):
            app.test_client().get("/healthz")
        answer.write_text(app.test_client().get("/metrics", headers=HEADERS).text)

    for _ in range(2):
        assert fork(serve, name="web", ending=signal.SIGKILL, env=dict(os.environ)).wait(30) == 0

    counted = figures(answer.read_text())
    assert counted[("portal_requests_total", "GET", "/healthz", "2xx")] == 6


def test_what_dead_families_left_is_removed(config: Config, tmp_path: Path) -> None:
    left = tmp_path / "metrics" / "999999999"
    left.mkdir(parents=True)

    def serve() -> None:
        app = create_app(replace(config, data_dir=tmp_path), testing=True)
        app.test_client().get("/healthz")

    fork(serve, name="web", ending=signal.SIGKILL, env=dict(os.environ)).wait(30)
    assert not left.exists()
