"""The door between the web server and the application, over real sockets."""

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from portal.supervisor.address import choose_port

SLOW_CLIENTS = 40
LONG = 5 * 1024 * 1024


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A web process of two threads around `tests.supervisor.echo`."""
    port = choose_port("127.0.0.1", 0)
    command = [sys.executable, "-m", "granian", "--interface", "rsgi", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--no-ws", "--log-level", "error", "tests.supervisor.echo:app"]
    )
    deadline = time.monotonic() + 30
    while True:
        try:
            request(port, "GET", "/")
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    yield port
    server.terminate()
    server.wait()


def request(
    port: int,
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, str]:
    """One request; its status and text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with closing(connection):
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


@pytest.mark.parametrize(
    "start",
    ["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n", "GET / HTTP/1.1\r\nX-Slow: "],
)
def test_slow_clients_cost_no_thread(port: int, start: str) -> None:
    """Twenty times more of them than threads, and others are answered as ever."""
    with ExitStack() as stack:
        for _ in range(SLOW_CLIENTS):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            slow.sendall(start.encode() + b"x")
        before = time.monotonic()
        assert request(port, "GET", "/")[0] == 200
        assert time.monotonic() - before < 2


def test_a_body_that_ends_early_reaches_no_view(port: int) -> None:
    """Half an event is none; the client is not told 200."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
        connection.shutdown(socket.SHUT_WR)
        said = connection.recv(1000)
    assert b"200" not in said[:15]


def test_path_query_and_headers_arrive_as_sent(port: int) -> None:
    """Names in other scripts, and cookies."""
    headers = {"Cookie": "a=1; b=2", "X-One": "1"}
    _, said = request(port, "GET", "/a%2Fb/%C3%A9?x=%20y", headers=headers)
    for line in ("PATH_INFO=/a/b/é", "QUERY_STRING=x=%20y", "HTTP_COOKIE=a=1; b=2", "HTTP_X_ONE=1"):
        assert line in said.splitlines()


def test_a_header_that_could_pass_for_another_is_dropped(port: int) -> None:
    """`x_forwarded_for` would be read as X-Forwarded-For, past the proxy that sets that one."""
    _, said = request(port, "GET", "/", headers={"x_forwarded_for": "6.6.6.6"})
    assert "6.6.6.6" not in said


def test_long_bodies_and_answers_are_streamed(port: int) -> None:
    """More than is kept in memory, and every byte of it."""
    assert f"BODY={LONG}" in request(port, "POST", "/", body=b"x" * LONG)[1]
    assert len(request(port, "GET", "/long")[1]) == LONG


def test_a_chunked_body_is_read_to_its_end(port: int) -> None:
    """Some clients do not know how much they will send."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
            b"Connection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        )
        said = b"".join(iter(lambda: connection.recv(4096), b""))
    assert b"BODY=5" in said


def test_an_error_in_the_application_is_answered_500(port: int) -> None:
    """And the next request is served."""
    assert request(port, "GET", "/broken")[0] == 500
    assert request(port, "GET", "/")[0] == 200
