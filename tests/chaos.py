"""An HTTP proxy that misbehaves: each request meets the next fault of a list."""

import contextlib
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from itertools import cycle

TIMEOUT_SECONDS = 20
DELAY_SECONDS = 0.05
SORRY = b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"


class Fault(StrEnum):
    """What becomes of one request."""

    NONE = "none"
    DROP = "answer dropped after commit"
    RESET = "connection reset before"
    RESET_AFTER = "connection reset after commit"
    DELAY = "delayed"
    TWICE = "sent twice"
    CUT = "body cut"
    ERROR = "500 without asking"
    ERROR_AFTER = "500 after commit"
    HALF_ANSWER = "answer cut"


class Chaos:
    """Listens on a port of its own and forwards to `port`."""

    def __init__(self, port: int, faults: list[Fault]) -> None:
        self.target = port
        self.met: Counter[Fault] = Counter()
        self._faults = cycle(faults)
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    @contextlib.contextmanager
    def running(self) -> Iterator["Chaos"]:
        """Serve until the block ends."""
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                sender, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sender,), daemon=True).start()

    def _serve(self, sender: socket.socket) -> None:
        sender.settimeout(TIMEOUT_SECONDS)
        with sender, contextlib.suppress(OSError):
            if request := _read(sender):
                with self._lock:
                    fault = next(self._faults)
                    self.met[fault] += 1
                self._meet(fault, request, sender)

    def _meet(self, fault: Fault, request: bytes, sender: socket.socket) -> None:
        """Ask the portal as the fault has it, then tell the sender as the fault has it."""
        if fault is Fault.DELAY:
            time.sleep(DELAY_SECONDS)
        answer = b""
        for asked in self._asked(fault, request):
            answer = self._ask(asked)
        if fault in (Fault.RESET, Fault.RESET_AFTER):
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        told = {
            Fault.ERROR: SORRY,
            Fault.ERROR_AFTER: SORRY,
            Fault.HALF_ANSWER: answer[: len(answer) // 2],
            **dict.fromkeys((Fault.RESET, Fault.RESET_AFTER, Fault.DROP, Fault.CUT), b""),
        }
        sender.sendall(told.get(fault, answer))

    def _asked(self, fault: Fault, request: bytes) -> list[bytes]:
        if fault in (Fault.RESET, Fault.ERROR):
            return []
        if fault is Fault.CUT:
            body = request.partition(b"\r\n\r\n")[2]
            return [request[: len(request) - len(body) // 2]]
        return [request, request] if fault is Fault.TWICE else [request]

    def _ask(self, request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.target), TIMEOUT_SECONDS) as portal:
            portal.sendall(request)
            portal.shutdown(socket.SHUT_WR)
            parts = []
            while part := portal.recv(65536):
                parts.append(part)
            return b"".join(parts)


def _read(sender: socket.socket) -> bytes:
    """Read one request, and ask for its connection to be closed after the answer."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = sender.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    length = 0
    for line in lines:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += sender.recv(65536)
    return b"\r\n".join([*lines, b"Connection: close", b"", body])
