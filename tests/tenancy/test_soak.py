"""
Six clients at once on two connections that are cut all the time: nobody sees another's words.

SOAK_REQUESTS says how many requests; 20,000 unless told otherwise.
"""

import io
import itertools
import json
import logging
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import pytest
from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

from portal.actions import keys, sessions
from portal.app import create_app
from portal.blueprints.cookies import cookie_name
from portal.config import Config
from portal.core import single
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.rollups.sweep import due, sweep
from tests.houses import House, furnish
from tests.people import person

log = logging.getLogger(__name__)

REQUESTS = int(os.environ.get("SOAK_REQUESTS", "20000"))
THREADS, CLIENTS, CONNECTIONS = 16, 6, 2
KILL_EVERY_SECONDS = 0.1
MOST_TRIES = 200
KEYS_EACH = 10
"""Enough that nobody meets the limit of a key."""
NAME = "soak"
PAGES = (
    "p/arrivals",
    "p/arrivals?kind=leads",
    "p/overview/activity?period=7d",
    "p/rows/leads?period=7d",
)
READS = ("/api/v1/facts/leads", "/api/v1/events")
QUESTION = {"metrics": ["leads"], "period": {"preset": "7d"}, "dimensions": ["source"]}


@dataclass
class Ask:
    """One request, ready to be sent again and again."""

    house: int
    environ: dict[str, Any]
    body: bytes = b""
    etag: str = ""


@dataclass
class Seen:
    """What happened so far."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    killed: int = 0


@pytest.fixture(scope="module")
def soaked(app: Flask, config: Config) -> Iterator[Flask]:
    """A portal of its own with two connections, which bear a name."""
    join = "&" if "?" in config.database_url else "?"
    named = f"{config.database_url}{join}application_name={NAME}"
    made = create_app(
        replace(config, database_url=named, pool_size=CONNECTIONS, pool_timeout_seconds=5),
        testing=True,
    )
    yield made
    with made.app_context():
        db.engine.dispose()
    made.extensions[single.KEY].dispose()
    made.extensions["platform_engine"].dispose()


@contextmanager
def quiet() -> Iterator[None]:
    """Twenty thousand lines of log are of use to nobody; errors are."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def test_nobody_sees_anothers_words_while_connections_die(
    app: Flask, soaked: Flask, config: Config
) -> None:
    """0 foreign canaries; 200, 304 or, to be tried again, 503; and each got its own words."""
    with app.app_context():
        houses = [furnish(f"soak{number}") for number in range(CLIENTS)]
        while due():
            sweep()
        asks = [ask for number in range(CLIENTS) for ask in _asks(app, number, houses[number])]
    seen, over = Seen(), threading.Event()
    killer = threading.Thread(target=_kill, args=(config, seen, over))
    with quiet():
        killer.start()
        began = time.monotonic()
        _all_at_once(soaked, asks, houses, seen)
        took = time.monotonic() - began
        over.set()
        killer.join()
    log.info("%s requests, %.1f s, %s ended, %s", REQUESTS, took, seen.killed, seen.statuses)

    assert not seen.faults, "\n".join(seen.faults[:20])
    assert set(seen.statuses) <= {200, 304, 503}
    assert seen.statuses[200] + seen.statuses[304] == REQUESTS
    assert seen.statuses[200] > REQUESTS // 10
    assert seen.killed > took  # far more than one a second


def _asks(app: Flask, number: int, house: House) -> Iterator[Ask]:
    owner = person("owner", client=house.client, role="owner")
    cookie = sessions.start(owner.id, is_half=False, user_agent="", address="127.0.0.1")
    db.session.commit()
    name = cookie_name(app.config["PORTAL"], "session")
    for page in PAGES:
        path = f"/c/{house.client.slug}/{page}"
        sent = EnvironBuilder(path, headers=Headers([("Cookie", f"{name}={cookie}")]))
        yield Ask(number, sent.get_environ())
    with acting_as(house.client.id):
        secrets = [keys.create(house.client.id, "read").secret for _ in range(KEYS_EACH)]
    for secret, read in itertools.product(secrets, READS):
        yield Ask(number, _program(secret, read).get_environ())
    body = json.dumps(QUESTION).encode()
    yield Ask(number, _program(secrets[0], "/api/v1/query", body).get_environ(), body)


def _program(secret: str, path: str, body: bytes | None = None) -> EnvironBuilder:
    return EnvironBuilder(
        path,
        base_url="https://localhost",
        method="GET" if body is None else "POST",
        headers=Headers([("Authorization", f"Bearer {secret}")]),
        content_type=None if body is None else "application/json",
        data=body,
    )


def _all_at_once(app: Flask, asks: list[Ask], houses: list[House], seen: Seen) -> None:
    numbers = itertools.count()
    words = [house.canary.encode() for house in houses]

    def work(seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - a seed
        while next(numbers) < REQUESTS:
            _until_answered(app, chance.choice(asks), words, seen, chance)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _until_answered(
    app: Flask, ask: Ask, words: list[bytes], seen: Seen, chance: random.Random
) -> None:
    for _ in range(MOST_TRIES):
        status, etag, text = _send(app, ask, is_refresh=chance.random() < 0.7)
        seen.statuses[status] += 1
        if found := [word for n, word in enumerate(words) if n != ask.house and word in text]:
            seen.faults.append(f"{ask.environ['PATH_INFO']} {status} shows {found}")
        if status == 200 and words[ask.house] not in text:
            seen.faults.append(f"{ask.environ['PATH_INFO']} does not show its own word")
        ask.etag = etag or ask.etag
        if status != 503:
            return
        time.sleep(0.005)
    seen.faults.append(f"{ask.environ['PATH_INFO']} was never answered")


def _send(app: Flask, ask: Ask, *, is_refresh: bool) -> tuple[int, str, bytes]:
    environ = {**ask.environ, "wsgi.input": io.BytesIO(ask.body)}
    if is_refresh and ask.etag:
        environ["HTTP_IF_NONE_MATCH"] = ask.etag
    body, status, headers = run_wsgi_app(app.wsgi_app, environ, buffered=True)
    return int(status[:3]), headers.get("ETag", ""), b"".join(body)


def _kill(config: Config, seen: Seen, over: threading.Event) -> None:
    """End one backend of the soaked portal after the other; its own role may do that."""
    with psycopg.connect(config.database_url, autocommit=True) as connection:
        while not over.wait(KILL_EVERY_SECONDS):
            ended = connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity"
                " WHERE application_name = %s ORDER BY random() LIMIT 1) AS one",
                (NAME,),
            ).fetchone()
            seen.killed += ended[0] if ended else 0
