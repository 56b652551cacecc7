"""POST /api/v1/facts/<kind>: the list, its limits, its answers."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.models.clients import Client
from tests.blueprints.api.conftest import HTTPS, Program
from tests.ingest.items import SMALLEST, smallest

LEADS = "/api/v1/facts/leads"


@pytest.mark.parametrize("kind", SMALLEST)
def test_each_kind_has_its_address(sender: Program, kind: str) -> None:
    """A verdict for each item, in the order of the list, and the counts."""
    path = f"/api/v1/facts/{kind}"
    answer = sender.post(path, [smallest(kind, "a"), smallest(kind, "b"), {"external_id": "c"}])
    assert answer.status_code == 200
    said = answer.json
    assert [one["index"] for one in said["results"]] == [0, 1, 2]
    assert [one["external_id"] for one in said["results"]] == ["a", "b", "c"]
    assert set(said["results"][2]) == {"index", "external_id", "status", "field", "reason"}
    counts = {name: said[name] for name in said if name != "results"}
    assert counts == {"stored": 2, "updated": 0, "duplicate": 0, "conflict": 0, "refused": 1}
    again = sender.post(path, [smallest(kind, "a")])
    assert (again.status_code, again.json["duplicate"]) == (200, 1)


def test_all_refused_is_422_with_reasons(sender: Program) -> None:
    """A problem document that holds the results as well."""
    answer = sender.post(LEADS, [{"external_id": "a"}, 5, None, [], "x"])
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert answer.json["refused"] == 5
    assert all(one["reason"] for one in answer.json["results"])
    conflict = [smallest("leads", "b"), smallest("leads", "b", name="other")]
    assert sender.post(LEADS, conflict).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[", 400),
        (b"[1,]", 400),
        (b'[{"a": NaN}]', 400),
        (b"\xff", 400),
        (b"[]", 422),
        (b"{}", 422),
        (b'"x"', 422),
        (b"null", 422),
        (b"[null]", 422),
        (b'[{"external_id": "\\ud800"}]', 400),
    ],
)
def test_bodies_that_are_no_list(sender: Program, body: bytes, status: int) -> None:
    """Never a 5xx, never a silence."""
    answer = sender.post(LEADS, body)
    assert answer.status_code == status
    assert answer.json["detail"]


def test_limits_are_named(sender: Program) -> None:
    """1,000 items, 1 MB."""
    many = sender.post(LEADS, [smallest("leads", f"{n}") for n in range(1001)])
    assert many.status_code == 413
    assert "1,000" in many.json["detail"]
    assert sender.post(LEADS, [smallest("leads", f"{n}") for n in range(1000)]).json["stored"]
    large = sender.post(LEADS, [smallest("leads", "l", lost_reason="x" * 1_000_000)])
    assert large.status_code == 413
    assert "1,000,000" in large.json["detail"]
    nearly = sender.post(LEADS, [smallest("leads", "n", lost_reason="x" * 999_000)])
    assert nearly.json["stored"] == 1


def test_a_body_cut_short_stores_nothing(sender: Program, acme: Client) -> None:
    """The sender went away: its list was not whole, so none of it counts."""
    body = json.dumps([smallest("leads", "a")]).encode()
    answer = sender.app.test_client().open(
        LEADS,
        method="POST",
        headers={"Authorization": f"Bearer {sender.secret}"},
        base_url=HTTPS,
        content_type="application/json",
        data=body,
        environ_overrides={"CONTENT_LENGTH": str(len(body) + 50), "wsgi.input_terminated": True},
    )
    assert answer.status_code == 400
    with acting_as(acme.id):
        sql = "SELECT count(*) FROM leads WHERE client_id = :client_id"
        assert db.session.execute(sa.text(sql), {"client_id": acme.id}).scalar_one() == 0


def test_last_of_two_equal_names_counts(sender: Program, reader: Program) -> None:
    """As documented: one parser, one rule."""
    body = b'[{"external_id":"a","occurred_at":"2026-01-01T00:00:00Z","name":"x","name":"y"}]'
    assert sender.post(LEADS, body).json["stored"] == 1
    assert reader.get(LEADS).json["items"][0]["name"] == "y"


def test_unknown_kinds_and_methods(sender: Program) -> None:
    """404 and 405, as problems."""
    for method, path, status in (
        ("POST", "/api/v1/facts/nonsense", 404),
        ("POST", "/api/v1/facts/contacts", 404),
        ("PUT", LEADS, 405),
        ("GET", "/v1/batch", 405),
        ("POST", "/v1/nonsense", 404),
    ):
        answer = sender.call(method, path, [])
        assert answer.status_code == status, path
        assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("value", ["won before created", "=cmd|' /C calc'!A0", "a\tb", "\u202eabc"])
def test_odd_words_are_kept(sender: Program, reader: Program, value: str) -> None:
    """Stored exactly; where they are shown is where they are made harmless."""
    item: dict[str, Any] = smallest("leads", value, name=value, source=value)
    assert sender.post(LEADS, [item]).json["stored"] == 1
    [found] = reader.get(LEADS).json["items"]
    assert (found["external_id"], found["name"], found["source"]) == (value, value, value)
