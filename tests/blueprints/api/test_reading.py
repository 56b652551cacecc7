"""What was sent is read back, by its own client only."""

import json
from typing import Any

from portal.models.clients import Client
from tests.blueprints.api.conftest import Makes, Program

AT = "2026-01-05T10:00:00+01:00"


def lead(number: int, **fields: Any) -> dict[str, Any]:
    """One lead as a sender writes it."""
    return {"external_id": f"L{number}", "occurred_at": AT, **fields}


def test_fields_come_back_as_sent(sender: Program, reader: Program) -> None:
    """Offsets, unknown references and properties are kept as they came."""
    sent = lead(
        1,
        stage="new",
        name=None,
        campaign_id={"system": "ads", "id": "c1"},
        properties={"b": [1, 2.5, {"x": "žluť 🦊"}], "a": None},
        version=7,
    )
    assert sender.post("/api/v1/facts/leads", [sent]).status_code == 200
    found = reader.get("/api/v1/facts/leads").json["items"]
    assert len(found) == 1
    assert {name: found[0][name] for name in sent} == sent
    assert found[0]["received_at"].endswith("Z")
    assert found[0]["withdrawn_at"] is None


def test_pages_hold_each_row_once(sender: Program, reader: Program) -> None:
    """A cursor goes on where the page ended, in order of receipt."""
    for start in range(0, 9, 3):
        assert sender.post("/api/v1/facts/leads", [lead(start + n) for n in range(3)]).status_code
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = reader.get(f"/api/v1/facts/leads?limit=2{cursor}").json
        seen += [item["external_id"] for item in page["items"]]
        cursor = f"&cursor={page['next']}" if page["next"] else None
    assert sorted(seen) == [f"L{n}" for n in range(9)]


def test_cursor_is_bound_to_client_and_list(
    program: Makes, acme: Client, globex: Client, sender: Program, reader: Program
) -> None:
    """A cursor of another client, of another list or of one's own making is refused."""
    sender.post("/api/v1/facts/leads", [lead(n) for n in range(3)])
    cursor = reader.get("/api/v1/facts/leads?limit=1").json["next"]
    other = program(globex, "read")
    assert other.get(f"/api/v1/facts/leads?cursor={cursor}").status_code == 422
    assert reader.get(f"/api/v1/facts/calls?cursor={cursor}").status_code == 422
    assert reader.get(f"/api/v1/facts/leads?cursor={cursor[:-2]}xx").status_code == 422
    assert other.get("/api/v1/facts/leads").json == {"items": [], "next": None}


def test_stream_gives_every_row(sender: Program, reader: Program) -> None:
    """NDJSON holds all rows, a line each, beyond one page."""
    for start in range(0, 2400, 800):
        answer = sender.post("/api/v1/facts/leads", [lead(start + n) for n in range(800)])
        assert answer.json["stored"] == 800
    answer = reader.get("/api/v1/facts/leads", headers={"Accept": "application/x-ndjson"})
    assert answer.mimetype == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert len({line["external_id"] for line in lines}) == 2400


def test_bounds_are_half_open_and_days_are_local(sender: Program, reader: Program) -> None:
    """`to` is not included; a date alone is the start of the client's day."""
    items = [
        {"external_id": "before", "occurred_at": "2026-01-04T22:59:59Z"},
        {"external_id": "first", "occurred_at": "2026-01-04T23:00:00Z"},
        {"external_id": "after", "occurred_at": "2026-01-05T23:00:00Z"},
    ]
    sender.post("/api/v1/facts/leads", items)
    for bounds in (
        "from=2026-01-05&to=2026-01-06",
        "from=2026-01-05T00:00:00%2B01:00&to=2026-01-05T23:00:00Z",
    ):
        found = reader.get(f"/api/v1/facts/leads?{bounds}").json["items"]
        assert [item["external_id"] for item in found] == ["first"]


def test_events_are_read_back(sender: Program, reader: Program) -> None:
    """An event has the sender's id, name, people, properties and context; names can be asked."""
    event = {
        "messageId": "m1",
        "type": "track",
        "event": "Signed Up",
        "userId": "u1",
        "anonymousId": "a1",
        "timestamp": "2026-01-05T10:00:00.250Z",
        "properties": {"plan": "pro", "n": 1.5},
        "context": {"ip": "1.2.3.4"},
    }
    other = {**event, "messageId": "m2", "event": "Left"}
    assert sender.post("/v1/batch", {"batch": [event, other]}).json["stored"] == 2
    [found] = reader.get("/api/v1/events?event=Signed%20Up").json["items"]
    assert found["id"] == "m1"
    assert (found["type"], found["event"]) == ("track", "Signed Up")
    assert (found["user_id"], found["anonymous_id"]) == ("u1", "a1")
    assert found["properties"] == event["properties"]
    assert found["context"] == event["context"]
    assert found["timestamp"] == "2026-01-05T10:00:00.250000Z"


def test_bad_questions_name_the_parameter(reader: Program) -> None:
    """Unknown names, dates and limits are refused, and say what is allowed."""
    for question in ("limit=0", "limit=1001", "limit=x", "from=2026-02-30", "to=now", "color=red"):
        answer = reader.get(f"/api/v1/events?{question}")
        assert answer.status_code == 422, question
        assert answer.mimetype == "application/problem+json"
        assert answer.json["request_id"]


def test_withdrawn_facts_are_marked(sender: Program, reader: Program) -> None:
    """DELETE withdraws; the row stays readable with its mark; a newer version restores it."""
    sender.post("/api/v1/facts/leads", [lead(1, version=1, stage="new")])
    gone = sender.call("DELETE", "/api/v1/facts/leads/L1?version=5")
    assert gone.json["results"][0]["status"] == "updated"
    again = sender.call("DELETE", "/api/v1/facts/leads/L1")
    assert again.json["results"][0]["status"] == "duplicate"
    [item] = reader.get("/api/v1/facts/leads").json["items"]
    assert item["withdrawn_at"]
    assert item["version"] == 5
    assert sender.post("/api/v1/facts/leads", [lead(1, version=4, stage="hot")]).json["updated"]
    assert reader.get("/api/v1/facts/leads").json["items"][0]["withdrawn_at"]
    assert sender.post("/api/v1/facts/leads", [lead(1, version=6)]).json["updated"] == 1
    [item] = reader.get("/api/v1/facts/leads").json["items"]
    assert item["withdrawn_at"] is None
    assert item["stage"] == "hot"


def test_withdrawal_of_nothing(sender: Program) -> None:
    """Unknown facts and kinds are not there; a version that is taken is a conflict."""
    assert sender.call("DELETE", "/api/v1/facts/leads/none").status_code == 404
    assert sender.call("DELETE", "/api/v1/facts/nonsense/none").status_code == 404
    sender.post("/api/v1/facts/leads", [lead(1, version=3)])
    assert sender.call("DELETE", "/api/v1/facts/leads/L1?version=3").status_code == 409
    assert sender.call("DELETE", "/api/v1/facts/leads/L1?version=-3").status_code == 422
