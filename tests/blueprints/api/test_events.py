"""Product events by the wire formats of Segment and PostHog."""

import base64
import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.core.calendar import now
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.models.clients import Client
from tests.blueprints.api.conftest import Makes, Program


def track(id_: str, **fields: Any) -> dict[str, Any]:
    """One track call."""
    return {"type": "track", "event": "Tried", "userId": "u1", "messageId": id_, **fields}


def stored(client: Client, columns: str = "count(*)") -> Any:
    """Read a client's events."""
    with acting_as(client.id):
        sql = f"SELECT {columns} FROM events WHERE client_id = :client_id"
        return db.session.execute(sa.text(sql), {"client_id": client.id}).all()


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("track", {"event": "Tried", "userId": "u1"}),
        ("identify", {"userId": "u1", "traits": {"plan": "pro"}}),
        ("page", {"anonymousId": "a1", "name": "Home", "category": "Docs"}),
        ("screen", {"userId": "u1", "name": "Main"}),
        ("group", {"userId": "u1", "groupId": "g1", "traits": {"size": 3}}),
        ("alias", {"userId": "u1", "previousId": "a1"}),
    ],
)
def test_single_calls(sender: Program, acme: Client, call: str, body: dict[str, Any]) -> None:
    """Each call has its address; the event is stored once, with an id of ours."""
    answer = sender.post(f"/v1/{call}", body)
    assert answer.status_code == 200
    assert answer.json["success"] is True
    assert answer.json["results"][0]["external_id"]
    assert stored(acme, "type") == [(call,)]
    assert sender.post(f"/v1/{call}", {}).status_code == 422


def test_one_bad_item_costs_no_other(sender: Program, acme: Client) -> None:
    """499 of 500 are stored, and the one is named with index, field and limit."""
    batch = [track(f"m{n}") for n in range(500)]
    batch[77] = track("m77", event="x" * 256)
    said = sender.post("/v1/batch", {"batch": batch}).json
    assert (said["stored"], said["refused"]) == (499, 1)
    assert said["results"][77]["field"] == "event"
    assert "255" in said["results"][77]["reason"]
    assert stored(acme) == [(499,)]


def test_unreadable_text_in_one_item_costs_no_other(sender: Program) -> None:
    """Half a character or an endless number is that item's fault; alone it is a 400."""
    good = json.dumps(track("good")).encode()
    bad = good.replace(b"good", b"bad").replace(b'"u1"', b'"u1", "properties": {"x": %s}')
    for value in (b'"\\ud800"', b"1e400", b'"\\udc00x"'):
        mixed = sender.post("/v1/batch", b'{"batch": [%s, %s]}' % (bad % value, good))
        assert mixed.status_code == 200
        assert mixed.json["refused"] == 1
        assert mixed.json["results"][0]["external_id"] == "bad"
        alone = sender.post("/v1/batch", b'{"batch": [%s]}' % (bad % value))
        assert alone.status_code == 400
        assert alone.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe{}", 400),
        (b'{"batch": [NaN]}', 400),
        (b'{"batch": [Infinity]}', 400),
        (b"[" * 100_000, 422),
        (b"null", 422),
        (b"[]", 422),
        (b'"x"', 422),
        (b"{}", 422),
        (b'{"batch": {}}', 422),
        (b'{"batch": []}', 422),
        (b'{"batch": [null]}', 422),
        (b'{"batch": [[]]}', 422),
        (b'{"batch": ["x"]}', 422),
    ],
)
def test_bodies_that_hold_no_batch(sender: Program, body: bytes, status: int) -> None:
    """400 where it cannot be read, 422 where it says nothing we take; never a 5xx."""
    answer = sender.post("/v1/batch", body)
    assert answer.status_code == status
    assert answer.json["request_id"]


@pytest.mark.parametrize(
    "fields",
    [
        {"userId": None},
        {"userId": ""},
        {"userId": True},
        {"userId": ["u"]},
        {"userId": "x" * 256},
        {"userId": "a\0b"},
        {"type": "purchase"},
        {"type": None},
        {"event": None},
        {"event": 5},
        {"messageId": "x" * 256},
        {"timestamp": "2026-01-01"},
        {"timestamp": "2026-01-01T00:00:00"},
        {"timestamp": 1_700_000_000},
        {"timestamp": "1899-12-31T00:00:00Z"},
        {"timestamp": "2999-12-31T00:00:00Z"},
        {"properties": []},
        {"properties": "x"},
        {"properties": {"a": "b\0"}},
        {"properties": {"": 1}},
        {"properties": {"x" * 256: 1}},
        {"properties": {f"p{n}": n for n in range(256)}},
        {"context": 5},
        {"properties": {"a": "x" * 33_000}},
    ],
)
def test_items_against_the_rules(sender: Program, fields: dict[str, Any]) -> None:
    """Each is refused with a reason, beside one that is kept."""
    said = sender.post("/v1/batch", {"batch": [track("bad", **fields), track("good")]})
    assert said.status_code == 200
    assert said.json["results"][0]["status"] == "refused"
    assert said.json["results"][0]["reason"]
    assert said.json["results"][1]["status"] == "stored"


@pytest.mark.parametrize(
    "properties",
    [
        {"client_id": "x", "__proto__": 1, "constructor": None, "$set": {"a": 1}, " ": "kept"},
        {"text": "'; DROP TABLE events; -- <script> =cmd|' {{7*7}} %s \\ \t \n \r \\N \\."},
        {
            "emoji": "🦊👩‍👩‍👧",
            "nfd": "e\u0301",
            "rtl": "שלום",
            "quote": '"',
            "unit": "\x1f\x7f\u2028",
        },
        {
            "big": 12345678901234567890123,
            "small": -1e-300,
            "float": 0.1,
            "list": [[], {}, [1, [2]]],
        },
        {f"p{n}": n for n in range(255)},
    ],
)
def test_properties_are_kept_as_sent(
    sender: Program, reader: Program, properties: dict[str, Any]
) -> None:
    """Whatever is legal JSON comes back equal."""
    for number in range(30):  # beyond the few that go as VALUES
        batch = [track(f"m{number}-{n}", properties=properties) for n in range(1 + number)]
        assert sender.post("/v1/batch", {"batch": batch}).json["stored"] == 1 + number
        if number == 1:
            break
    batch = [track(f"n{n}", properties=properties) for n in range(40)]
    assert sender.post("/v1/batch", {"batch": batch}).json["stored"] == 40
    found = reader.get("/api/v1/events").json["items"]
    assert len(found) == 43
    assert all(item["properties"] == properties for item in found)


def test_same_id_is_one_event_for_ever(sender: Program, acme: Client) -> None:
    """Ten times in a row, twice in a batch, written in another order: one row."""
    event = track("m1", properties={"a": 1, "b": 2})
    other_order = json.dumps({**event, "properties": {"b": 2, "a": 1}}, indent=2).encode()
    assert sender.post("/v1/batch", {"batch": [event, event]}).json["duplicate"] == 1
    for _ in range(10):
        assert sender.post("/v1/batch", {"batch": [event], "sentAt": "x"}).json["duplicate"] == 1
    assert sender.post("/v1/track", other_order).json["duplicate"] == 1
    changed = sender.post("/v1/batch", {"batch": [{**event, "userId": "u2"}]})
    assert changed.status_code == 200
    assert changed.json["conflict"] == 1
    assert stored(acme, "user_id") == [("u1",)]


def test_conflict_in_one_batch(sender: Program, acme: Client) -> None:
    """The first of an id holds, whatever else the batch says."""
    batch = [track("m1"), track("m1", event="Other"), track("m1")]
    said = sender.post("/v1/batch", {"batch": batch}).json
    assert [one["status"] for one in said["results"]] == ["stored", "conflict", "duplicate"]
    assert stored(acme, "name") == [("Tried",)]


def test_clients_and_systems_do_not_share_ids(program: Makes, acme: Client, globex: Client) -> None:
    """The same id elsewhere is another event."""
    for who in (program(acme), program(globex), program(acme, system="shop")):
        assert who.post("/v1/track", track("m1")).json["stored"] == 1


def test_wrong_clock_is_corrected(sender: Program, acme: Client) -> None:
    """More than five minutes off: the event moves by the difference; both instants are kept."""
    for hours, moves in ((2, True), (-72, True), (0.05, False)):
        sent = now() + timedelta(hours=hours)
        event = track(f"m{hours}", timestamp=(sent - timedelta(minutes=1)).isoformat())
        said = sender.post("/v1/batch", {"batch": [event], "sentAt": sent.isoformat()})
        assert said.json["stored"] == 1
        [(at, told, received)] = [
            row[:3]
            for row in stored(acme, "occurred_at, timestamp, received_at, message_id")
            if row[3] == f"m{hours}"
        ]
        assert (at != told) == moves
        off = timedelta(minutes=1) if moves else received - told
        assert abs((received - at) - off) < timedelta(seconds=5)


def test_numbers_as_ids_become_text(sender: Program, acme: Client) -> None:
    """As the clients' own servers do."""
    sender.post("/v1/track", track("m1", userId=42))
    assert stored(acme, "user_id, actor") == [("42", "42")]


def test_limits_of_size(sender: Program) -> None:
    """500 KB a body, packed or not, told in the error; and a bomb is not unpacked."""
    large = json.dumps({"batch": [track("m", properties={"x": "y" * 600_000})]}).encode()
    for body, headers in (
        (large, {}),
        (gzip.compress(large), {"Content-Encoding": "gzip"}),
        (gzip.compress(b" " * 100_000_000), {"Content-Encoding": "gzip"}),
    ):
        answer = sender.post("/v1/batch", body, headers=headers)
        assert answer.status_code == 413
        assert "512,000" in answer.json["detail"]


def test_posthogs_batches_may_be_larger(sender: Program) -> None:
    """5 MB a body, 128 KB an event."""
    events = [
        {"event": "e", "distinct_id": "u", "uuid": f"p{n}", "properties": {"x": "y" * 120_000}}
        for n in range(40)
    ]
    assert sender.post("/batch/", {"batch": events}).json["stored"] == 40
    too_large = {**events[0], "uuid": "x", "properties": {"x": "y" * 132_000}}
    said = sender.post("/batch/", {"batch": [too_large, events[0]]}).json
    assert "131072" in said["results"][0]["reason"]
    answer = sender.post("/batch/", {"batch": events * 2})
    assert answer.status_code == 413
    assert "5,242,880" in answer.json["detail"]


def test_packing(sender: Program) -> None:
    """Only gzip, once, whole, and nothing behind it."""
    good = gzip.compress(json.dumps({"batch": [track("m1")]}).encode())
    packed = {"Content-Encoding": "gzip"}
    cases: list[tuple[bytes, dict[str, str], int]] = [
        (good, packed, 200),
        (gzip.compress(good), packed, 415),
        (good, {"Content-Encoding": "br"}, 415),
        (good, {"Content-Encoding": "gzip, gzip"}, 415),
        (good[:-5], packed, 400),
        (good + b"more", packed, 400),
        (good + good, packed, 400),
        (b"{}", packed, 400),
        (b"", packed, 400),
        (good, {}, 400),
    ]
    for body, headers, status in cases:
        assert sender.post("/v1/batch", body, headers=headers).status_code == status


def test_media_types(sender: Program) -> None:
    """JSON, or text that is JSON (beacons); UTF-8 only."""
    body = json.dumps(track("m1")).encode()
    for kind, status in (
        ("application/json", 200),
        ("application/json; charset=UTF-8", 200),
        ("text/plain;charset=utf-8", 200),
        ("application/json; charset=utf-16", 415),
        ("text/plain; charset=latin-1", 415),
        ("application/x-www-form-urlencoded", 415),
        ("", 415),
    ):
        assert sender.post("/v1/track", body, content_type=kind).status_code == status, kind
    facts = b'[{"external_id": "a", "occurred_at": "2026-01-01T00:00:00Z"}]'
    answer = sender.post("/api/v1/facts/leads", facts, content_type="text/plain")
    assert answer.status_code == 415


def test_basic_auth_and_keys_in_bodies(app: Any, program: Makes, acme: Client) -> None:
    """Basic with the key as user name; `api_key` for PostHog's batch."""
    secret = program(acme).secret
    nobody = Program(app, "")
    basic = {"Authorization": "Basic " + base64.b64encode(f"{secret}:".encode()).decode()}
    assert nobody.post("/v1/track", track("m1"), headers=basic).status_code == 200
    body = {"api_key": secret, "batch": [{"event": "e", "distinct_id": "u", "uuid": "p1"}]}
    none = {"Authorization": ""}
    assert nobody.post("/batch/", body, headers=none).status_code == 200
    assert nobody.post("/batch", body, headers=none).json["duplicate"] == 1
    assert nobody.post("/batch/", {**body, "api_key": "phc_x"}, headers=none).status_code == 401


def test_posthogs_events(sender: Program, acme: Client) -> None:
    """Their names for people and calls are understood; properties stay theirs."""
    events = [
        {"event": "$identify", "distinct_id": "u1", "properties": {"$anon_distinct_id": "a1"}},
        {"event": "$create_alias", "distinct_id": "a2", "properties": {"alias": "u2"}},
        {"event": "bought", "properties": {"distinct_id": 7, "n": 1}},
        {"event": "bought", "properties": {}},
    ]
    said = sender.post("/batch/", {"batch": events, "sent_at": now().isoformat()}).json
    assert (said["stored"], said["refused"]) == (3, 1)
    assert said["results"][3]["field"] == "distinct_id"
    found = stored(acme, "type, name, user_id, anonymous_id, previous_id")
    assert sorted(found) == [
        ("alias", "$create_alias", "u2", "", "a2"),
        ("identify", "$identify", "u1", "a1", ""),
        ("track", "bought", "7", "", ""),
    ]


def test_posthog_gets_no_flags(app: Any) -> None:
    """Its clients ask; nothing is on."""
    answer = Program(app, "").post("/flags/?v=4", {"api_key": "x", "distinct_id": "u"})
    assert answer.status_code == 200
    assert answer.json["flags"] == {}


def test_browser_keys_are_for_their_pages(program: Makes, acme: Client) -> None:
    """`writeKey` in the body from an allowed page; never facts, never another page."""
    page = program(acme, "browser", origins=["https://www.example.com"])
    headers = {"Authorization": "", "Origin": "https://www.example.com"}
    body = track("m1", writeKey=page.secret)
    answer = page.post("/v1/track", body, headers=headers, content_type="text/plain")
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    elsewhere = {**headers, "Origin": "https://www.example.com.evil"}
    assert page.post("/v1/track", body, headers=elsewhere).status_code == 403
    assert page.post("/v1/track", body, headers={"Authorization": ""}).status_code == 403
    own = {"Origin": "https://www.example.com"}
    assert page.post("/api/v1/facts/leads", [{}], headers=own).status_code == 403
    asked = page.call("OPTIONS", "/v1/track", headers={**headers, "Authorization": ""})
    assert asked.status_code == 204
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]


def test_refusals_can_be_counted(sender: Program, acme: Client) -> None:
    """Each refused or conflicting item is one row that shows what it was."""
    sender.post(
        "/v1/batch", {"batch": [track("m1"), track("m1", event="B"), track("m2", type="x")]}
    )
    sender.post("/api/v1/facts/leads", [{"external_id": "L1", "occurred_at": "x" * 5000}])
    with acting_as(acme.id):
        found = db.session.execute(
            sa.text(
                "SELECT kind, status, external_id, field, length(item) FROM ingest_refusals"
                " WHERE client_id = :client_id ORDER BY kind, external_id"
            ),
            {"client_id": acme.id},
        ).all()
    assert [row[:4] for row in found] == [
        ("events", "conflict", "m1", "messageId"),
        ("events", "refused", "m2", "type"),
        ("leads", "refused", "L1", "occurred_at"),
    ]
    assert found[2][4] == 2000
