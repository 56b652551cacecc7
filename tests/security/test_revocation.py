"""What ends a session in one process ends it in every other, at once."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from portal.actions import people, sessions, team, visits
from portal.blueprints.auth.visit import IDLE
from portal.blueprints.cookies import cookie_name
from portal.config import Config
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.models.accounts import User
from portal.models.clients import Client
from tests.people import PASSWORD, person

TRIALS = 100
SERVER = """
import sys
from werkzeug.serving import WSGIRequestHandler, make_server
from portal.app import create_app
from portal.config import Config
from portal.blueprints.client.scope import bp, requires
@bp.get("/probe")
@requires("team")
def probe():
    return "in"
class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    def log(self, *args): pass
app = create_app(Config.from_env())
server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.fixture
def two_processes(config: Config) -> Iterator[list[http.client.HTTPConnection]]:
    """Two web servers, each a process of its own, on the same database."""
    env = {
        **os.environ,
        "DATABASE_URL": config.database_url,
        "DATABASE_PLATFORM_URL": config.database_platform_url,
        "REDIS_URL": config.redis_url,
        "PORTAL_SECRET_KEY": config.secret_key,
        "PORTAL_BASE_URL": config.base_url,
        "PORTAL_DATA_DIR": str(config.data_dir),
    }
    command = [sys.executable, "-c", SERVER]
    started = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE) for _ in range(2)]
    connections = []
    for process in started:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        connections.append(http.client.HTTPConnection("127.0.0.1", port, timeout=10))
    yield connections
    for connection, process in zip(connections, started, strict=True):
        connection.close()
        process.kill()
        process.communicate()


def status(connection: http.client.HTTPConnection, path: str, cookie: str) -> int:
    connection.request("GET", path, headers={"Cookie": cookie, "Host": "localhost"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


@pytest.mark.slow
def test_an_end_holds_in_both_processes_within_a_second(
    two_processes: list[http.client.HTTPConnection], config: Config, acme: Client, alice: User
) -> None:
    """
    100 trials of five kinds: sign-out, disabled, password, role, membership. The very next request
    of each process is refused, so no process remembers anything; it is sent within milliseconds.
    """
    path = f"/c/{acme.slug}/probe"
    ends = (_sign_out, _disable, _new_password, _less_right, _leave)
    for trial in range(TRIALS):
        user = person(f"trial{trial}", client=acme, role="owner")
        token = sessions.start(user.id, is_half=False, user_agent="", address="")
        db.session.commit()
        cookie = f"{cookie_name(config, 'session')}={token}"
        assert [status(each, path, cookie) for each in two_processes] == [200, 200]

        ends[trial % len(ends)](user, acme)

        found = [status(each, path, cookie) for each in two_processes]
        assert 200 not in found, (trial, found)


def _sign_out(user: User, _client: Client) -> None:
    sessions.end_all(user.id, "test")
    db.session.commit()


def _disable(user: User, _client: Client) -> None:
    people.disable(user)
    db.session.commit()


def _new_password(user: User, _client: Client) -> None:
    people.set_password(user, PASSWORD + " more")
    db.session.commit()


def _less_right(user: User, client: Client) -> None:
    with acting_as(client.id):
        team.grant(client.id, user, "viewer")


def _leave(user: User, client: Client) -> None:
    with acting_as(client.id):
        team.remove(client.id, user.id)


def test_reading_a_visit_costs_little_more_than_a_round_trip(
    acme: Client, alice: User, config: Config
) -> None:
    """As a ratio, for the machine may be busy: less than 0.4 ms where a round trip takes 0.05."""
    cookie = sessions.start(alice.id, is_half=False, user_agent="", address="")
    db.session.commit()
    with psycopg.connect(config.database_url, autocommit=True) as plain:
        trips, reads = [], []
        for _ in range(200):
            trips.append(_seconds(lambda: plain.execute("SELECT 1").fetchone()))
            reads.append(
                _seconds(lambda: visits.read(cookie, acme.slug, idle=IDLE, is_activity=True))
            )

    assert sorted(reads)[20] < 8 * sorted(trips)[20]


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
