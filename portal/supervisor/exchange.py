"""One request and its answer, between the event loop and the thread that works on it."""

import asyncio
import io
import itertools
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

JOINED_BYTES = 1024 * 1024
CHUNK_SECONDS = 30.0
"""A client that takes none of a long answer, or sends none of a long body, is let go."""


class Body(io.RawIOBase):
    """What the client sent: read already, or still on its way."""

    def __init__(
        self, read: bytes, rest: AsyncIterator[bytes] | None, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.ready = read
        self.rest = rest
        self.loop = loop

    def readable(self) -> bool:
        """Say that this is a stream to read from."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`; 0 at the end."""
        if not self.ready and self.rest is not None:
            self.ready = self._next(self.rest)
        size = min(len(buffer), len(self.ready))
        buffer[:size], self.ready = self.ready[:size], self.ready[size:]
        return size

    def _next(self, rest: AsyncIterator[bytes]) -> bytes:
        async def take() -> bytes:
            return await anext(rest, b"")

        return asyncio.run_coroutine_threadsafe(take(), self.loop).result(CHUNK_SECONDS)


class Answer:
    """Calls the WSGI application and gives its answer to the client."""

    def __init__(self, app: Callable[..., Iterable[bytes]], protocol: Any, loop: Any) -> None:
        self.app = app
        self.protocol = protocol
        self.loop = loop
        self.status = 500
        self.headers: list[tuple[str, str]] = []

    def give(self, environ: dict[str, Any]) -> None:
        """Work on one request, in a thread."""
        result = self.app(environ, self._start)
        try:
            self._send(iter(result))
        finally:
            if (close := getattr(result, "close", None)) is not None:
                close()

    def _start(self, status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        self.status = int(status[:3])
        self.headers = [(name.lower(), value) for name, value in headers]

    def _send(self, chunks: Iterator[bytes]) -> None:
        """Hand a short answer over whole; the loop gives it to a client however slow."""
        first = bytearray()
        for chunk in chunks:
            first += chunk
            if len(first) > JOINED_BYTES:
                self._stream(itertools.chain([bytes(first)], chunks))
                return
        self.protocol.response_bytes(self.status, self.headers, bytes(first))

    def _stream(self, chunks: Iterable[bytes]) -> None:
        transport = self.protocol.response_stream(self.status, self.headers)

        async def send(chunk: bytes) -> None:
            await transport.send_bytes(chunk)

        for chunk in chunks:
            asyncio.run_coroutine_threadsafe(send(chunk), self.loop).result(CHUNK_SECONDS)


def environ_of(scope: Any, body: Body) -> dict[str, Any]:
    """Say in WSGI's words what the client asked."""
    host, _, port = scope.server.rpartition(":")
    environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BufferedReader(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in _headers(scope):
        environ[name] = f"{environ[name]},{value}" if name in environ else value
    return environ


def _headers(scope: Any) -> Iterator[tuple[str, str]]:
    """Give headers their WSGI names; one with an underscore could pass for another: dropped."""
    if scope.authority:
        yield "HTTP_HOST", scope.authority
    cookies = []
    for name, value in scope.headers.items():
        if name == "cookie":
            cookies.append(value)
        elif name in {"content-type", "content-length"}:
            yield name.upper().replace("-", "_"), value
        elif "_" not in name:
            yield "HTTP_" + name.upper().replace("-", "_"), value
    if cookies:
        yield "HTTP_COOKIE", "; ".join(cookies)
