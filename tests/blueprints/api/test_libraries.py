"""
The clients' own libraries, unchanged, through a proxy that does all that networks do.

Whatever a library does not report as failed is stored once, with its properties as sent.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import posthog
import pytest
import rudderstack.analytics.client as rudderstack
import segment.analytics.client as segment
import sqlalchemy as sa
from flask import Flask
from werkzeug.serving import make_server

from portal.actions import keys
from portal.app import create_app
from portal.config import Config
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.models.clients import Client
from tests.chaos import Chaos, Fault

EVENTS = 120
SHORT_SECONDS = 0.01
FAULTS = [*Fault, *[Fault.NONE] * 10]

Send = Callable[[str, str, bool, list[Any]], None]
"""(key, address, packed, failed): send all events and wait; failed ones are put into the list."""


def properties(number: int) -> dict[str, Any]:
    """Something that is easily spoiled on the way."""
    return {"n": number, "text": f'žluť 🦊 \\ " \t {number}', "deep": {"list": [1, 2.5, None]}}


def by_segment(key: str, address: str, packed: bool, failed: list[Any]) -> None:  # noqa: FBT001
    """segment-analytics-python."""
    client = segment.Client(
        key,
        host=address,
        gzip=packed,
        on_error=lambda _error, batch: failed.extend(batch),
        upload_size=5,
        upload_interval=0.05,
        timeout=5,
    )
    for number in range(EVENTS):
        client.track("u1", f"e{number}", properties(number))
    client.identify("u1", {"plan": "pro"})
    client.shutdown()


def by_rudderstack(key: str, address: str, packed: bool, failed: list[Any]) -> None:  # noqa: FBT001
    """rudder-sdk-python."""
    client = rudderstack.Client(
        key,
        host=address,
        gzip=packed,
        on_error=lambda _error, batch: failed.extend(batch),
        upload_size=5,
        upload_interval=0.05,
        timeout=5,
    )
    for number in range(EVENTS):
        client.track("u1", f"e{number}", properties(number))
    client.identify("u1", {"plan": "pro"})
    client.shutdown()


def by_posthog(key: str, address: str, packed: bool, failed: list[Any]) -> None:  # noqa: FBT001
    """posthog-python."""
    client = posthog.Posthog(
        key,
        host=address,
        gzip=packed,
        on_error=lambda _error, batch: failed.extend(batch),
        flush_at=5,
        flush_interval=0.05,
        timeout=5,
        max_retries=10,
    )
    for number in range(EVENTS):
        client.capture(f"e{number}", distinct_id="u1", properties=properties(number))
    client.set(distinct_id="u1", properties={"plan": "pro"})
    client.shutdown()


@pytest.fixture(scope="module")
def port(config: Config, app: Flask) -> Iterator[int]:
    """The portal on a port of its own, as on a developer's machine."""
    own = create_app(replace(config, demo=True, base_url="http://127.0.0.1"), testing=True)
    server = make_server("127.0.0.1", 0, own, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.port
    server.shutdown()
    thread.join()
    server.server_close()
    with own.app_context():
        db.engine.dispose()
    own.extensions["platform_engine"].dispose()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries wait between their tries; here they wait less."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, SHORT_SECONDS)))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("send", [by_segment, by_rudderstack, by_posthog])
def test_nothing_is_lost_or_doubled(
    acme: Client,
    port: int,
    impatient: None,
    send: Send,
    packed: bool,  # noqa: FBT001
) -> None:
    """Dropped answers, resets, delays, doubles, cut bodies, 500s before and after the commit."""
    with acting_as(acme.id):
        key = keys.create(acme.id, "ingest").secret
    faults = list(FAULTS)
    random.Random(f"{send.__name__}{packed}").shuffle(faults)  # noqa: S311 - a test's order
    failed: list[Any] = []
    with Chaos(port, faults).running() as chaos:
        send(key, f"http://127.0.0.1:{chaos.port}", packed, failed)
    assert set(chaos.met) == set(Fault)
    assert len(failed) < EVENTS // 2
    reported = {item.get("event") for item in failed}
    found = _stored(acme)
    for number in range(EVENTS):
        if f"e{number}" in reported:
            continue
        [told] = [row.properties for row in found if row.name == f"e{number}"]
        assert {name: told[name] for name in properties(number)} == properties(number)
    assert len({row.message_id for row in found}) == len(found)
    if not failed:
        assert len(found) == EVENTS + 1


def _stored(client: Client) -> Any:
    with acting_as(client.id):
        sql = "SELECT message_id, name, properties FROM events WHERE client_id = :client_id"
        return db.session.execute(sa.text(sql), {"client_id": client.id}).all()
