"""
The door between Granian and Flask.

A slow client must cost no thread: a body is read here, by the event loop, before a thread takes the
request, and a short answer is handed back whole. Only long bodies and long answers are streamed.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from portal.supervisor.exchange import Answer, Body, environ_of

BUFFERED_BYTES = 2 * 1024 * 1024
BODY_SECONDS = 60.0
WAITING_REQUESTS = 400

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class CutBody(Exception):
    """The client went away, or sent fewer bytes than it had announced."""


class Front:
    """An RSGI application around a WSGI one."""

    def __init__(self, app: Wsgi, threads: int) -> None:
        self.app = app
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self.waiting = 0

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        if scope.proto != "http":
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read(scope, protocol)
        except TimeoutError:
            _refuse(protocol, 408)
            return
        except CutBody:
            _refuse(protocol, 400)
            return
        await self._hand_over(environ_of(scope, body), protocol)

    async def _hand_over(self, environ: dict[str, Any], protocol: Any) -> None:
        if self.waiting >= WAITING_REQUESTS:
            _refuse(protocol, 503, ("retry-after", "5"))
            return
        loop = asyncio.get_running_loop()
        self.waiting += 1
        try:
            await loop.run_in_executor(self.pool, Answer(self.app, protocol, loop).give, environ)
        finally:
            self.waiting -= 1


async def _read(scope: Any, protocol: Any) -> Body:
    """
    Read a body of usual size; leave a long one to whoever asks for it, if anybody may.

    Raises:
        CutBody: it ended early.
    """
    announced = int(scope.headers.get("content-length") or 0)
    chunks = aiter(protocol)  # Granian gives it once
    loop = asyncio.get_running_loop()
    if announced > BUFFERED_BYTES:
        return Body(b"", chunks, loop)
    read = bytearray()
    while chunk := await _next(chunks):
        read += chunk
        if len(read) > BUFFERED_BYTES:
            return Body(bytes(read), chunks, loop)
    if len(read) < announced:
        raise CutBody
    return Body(bytes(read), None, loop)


async def _next(chunks: AsyncIterator[bytes]) -> bytes:
    """Give the next piece, or nothing at the end."""
    try:
        return await anext(chunks, b"")
    except Exception as error:  # Granian's errors have no other common base
        raise CutBody from error


def _refuse(protocol: Any, status: int, *headers: tuple[str, str]) -> None:
    with contextlib.suppress(Exception):  # nobody may be there to read it
        protocol.response_empty(status, [("connection", "close"), *headers])
