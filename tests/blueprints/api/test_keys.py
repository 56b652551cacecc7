"""Keys: what they open, how they end, and that their end holds at once."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.actions import keys
from portal.app import create_app
from portal.config import Config
from portal.core.calendar import now
from portal.core.db import db
from portal.core.errors import NotFound, Refused
from portal.core.tenancy import acting_as
from portal.models.clients import ApiKey, Client
from tests.blueprints.api.conftest import Makes, Program

LEAD = [{"external_id": "L1", "occurred_at": "2026-01-01T00:00:00Z"}]
LEADS = "/api/v1/facts/leads"


def key_of(client: Client) -> ApiKey:
    """The client's only key."""
    db.session.expire_all()
    [key] = keys.listed(client.id)
    return key


def test_only_a_hash_is_kept(sender: Program, acme: Client) -> None:
    """The database holds no key that opens anything."""
    row = db.session.execute(
        sa.text("SELECT row_to_json(k)::text FROM api_keys k WHERE client_id = :client_id"),
        {"client_id": acme.id},
    ).scalar_one()
    assert sender.secret not in row
    assert sender.secret.startswith(key_of(acme).prefix)
    assert sender.secret.startswith("pk_live_")


def test_scopes(sender: Program, reader: Program) -> None:
    """An ingest key reads nothing, a read key sends nothing."""
    assert sender.post(LEADS, LEAD).status_code == 200
    assert sender.get(LEADS).status_code == 403
    assert sender.get("/api/v1/events").status_code == 403
    assert reader.post(LEADS, LEAD).status_code == 403
    assert reader.call("DELETE", LEADS + "/L1").status_code == 403
    assert reader.post("/v1/track", {"event": "e", "userId": "u"}).status_code == 403


@pytest.mark.parametrize(
    "change",
    [str.upper, str.lower, lambda k: k[:-1], lambda k: k + "x"],
    ids=["upper", "lower", "cut", "longer"],
)
def test_a_changed_key_opens_nothing(app: Flask, sender: Program, change: Any) -> None:
    """The same answer whatever is wrong with it."""
    answer = Program(app, change(sender.secret)).post(LEADS, LEAD)
    assert answer.status_code == 401
    assert "unknown, revoked or expired" in answer.json["detail"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic x", "Basic !", "Digest a=b"])
def test_no_key(app: Flask, header: str) -> None:
    """Nothing that looks like a key: 401, and how to send one."""
    answer = Program(app, "").post(LEADS, LEAD, headers={"Authorization": header})
    assert answer.status_code == 401


def test_a_key_in_the_url_is_refused(sender: Program) -> None:
    """By name or by look, even beside a good one in the header."""
    for query in ("api_key=x", "token=x", "writeKey=x", f"anything={sender.secret}"):
        assert sender.post(f"{LEADS}?{query}", LEAD).status_code == 401
        assert sender.post(f"/v1/batch?{query}", b"{").status_code == 401


def test_plain_http_is_refused(app: Flask, sender: Program) -> None:
    """A key that came in the open is not used."""
    answer = app.test_client().post(
        LEADS, json=LEAD, headers={"Authorization": f"Bearer {sender.secret}"}
    )
    assert answer.status_code == 403


def test_last_use_is_noted_once_a_minute(sender: Program, acme: Client) -> None:
    """The first call notes it; the next ones of that minute write nothing."""
    assert key_of(acme).last_used_at is None
    sender.post(LEADS, LEAD)
    first = key_of(acme).last_used_at
    assert first is not None
    sender.post(LEADS, LEAD)
    assert key_of(acme).last_used_at == first
    key_of(acme).last_used_at = first - timedelta(seconds=61)
    db.session.commit()
    sender.post(LEADS, LEAD)
    assert (key_of(acme).last_used_at or first) >= first


def test_expiry(program: Makes, acme: Client) -> None:
    """Good until its instant, not after."""
    key = program(acme, expires_at=now() + timedelta(hours=1))
    assert key.post(LEADS, LEAD).status_code == 200
    key_of(acme).expires_at = now() - timedelta(seconds=1)
    db.session.commit()
    assert key.post(LEADS, LEAD).status_code == 401


def test_rotation_overlaps(app: Flask, sender: Program, acme: Client) -> None:
    """Both work until the old one's end; the new one sends ids of the same system."""
    old = key_of(acme)
    with acting_as(acme.id):
        new = keys.rotate(acme.id, old.id)
    both = (sender, Program(app, new.secret))
    assert [who.post(LEADS, LEAD).status_code for who in both] == [200, 200]
    assert both[1].post(LEADS, LEAD).json["duplicate"] == 1
    db.session.expire_all()
    ended = db.session.get_one(ApiKey, old.id)
    assert ended.expires_at is not None
    ended.expires_at = now()
    db.session.commit()
    assert [who.post(LEADS, LEAD).status_code for who in both] == [401, 200]
    with pytest.raises(NotFound):
        keys.rotate(acme.id, old.id)


def test_keys_of_others_are_not_there(sender: Program, acme: Client, globex: Client) -> None:
    """Nobody rotates or revokes a key of another client."""
    with acting_as(globex.id):
        for change in (keys.rotate, keys.revoke):
            with pytest.raises(NotFound):
                change(globex.id, key_of(acme).id)


def test_wishes_that_no_key_may_have(acme: Client) -> None:
    """Unknown scopes, long names, ends in the past, origins that are none."""
    wishes: list[tuple[str, dict[str, Any]]] = [
        ("admin", {}),
        ("ingest", {"name": "x" * 81}),
        ("ingest", {"system": ""}),
        ("ingest", {"system": " crm"}),
        ("ingest", {"expires_at": now()}),
        ("browser", {}),
        ("browser", {"origins": ["*"]}),
        ("browser", {"origins": ["https://a.example/path"]}),
        ("browser", {"origins": ["javascript:alert(1)"]}),
    ]
    with acting_as(acme.id):
        for scope, options in wishes:
            with pytest.raises(Refused):
                keys.create(acme.id, scope, **options)


def test_guessing_is_slowed(app: Flask) -> None:
    """A hundred keys that never were from one address, then a pause; others go on."""
    guess = {"headers": {"Authorization": "Bearer pk_live_guess"}}
    here, there = {"REMOTE_ADDR": "192.0.2.77"}, {"REMOTE_ADDR": "192.0.2.78"}
    said = [Program(app, "").post(LEADS, LEAD, **guess, environ_base=here) for _ in range(101)]
    assert {answer.status_code for answer in said[:100]} == {401}
    assert said[100].status_code == 429
    assert int(said[100].headers["Retry-After"]) > 0
    assert Program(app, "").post(LEADS, LEAD, **guess, environ_base=there).status_code == 401


@dataclass
class Knocker:
    """Tries a key again and again, and notes when it was let in."""

    where: Flask
    secret: str
    entered: list[float] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def knock(self) -> None:
        """Go on until told to stop."""
        own = Program(self.where, self.secret)
        while not self.stop.is_set():
            begun = time.monotonic()
            if own.post(LEADS, LEAD).status_code == 200:
                self.entered.append(begun)
            time.sleep(0.02)


@pytest.fixture
def twin(config: Config, app: Flask) -> Iterator[Flask]:
    """A second web process, as far as memory and connections go."""
    made = create_app(config, testing=True)
    yield made
    with made.app_context():
        db.engine.dispose()
    made.extensions["platform_engine"].dispose()


def test_revocation_holds_at_once_in_every_process(
    app: Flask, twin: Flask, program: Makes, acme: Client
) -> None:
    """Nothing is let in that begins a second after the end."""
    for _ in range(5):
        sender = program(acme)
        knockers = [Knocker(where, sender.secret) for where in (app, twin)]
        threads = [threading.Thread(target=one.knock) for one in knockers]
        for thread in threads:
            thread.start()
        time.sleep(0.1)
        with acting_as(acme.id):
            keys.revoke(acme.id, keys.listed(acme.id)[0].id)
        ended = time.monotonic()
        for where in (app, twin):
            assert Program(where, sender.secret).post(LEADS, LEAD).status_code == 401
        for one, thread in zip(knockers, threads, strict=True):
            one.stop.set()
            thread.join()
            assert one.entered
            assert max(one.entered) < ended + 1
