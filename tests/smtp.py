"""A mail server that does what a test tells it, however wrong."""

import socket
import threading
from dataclasses import dataclass, field

CLOSE = "close"
HANG = "hang"
DRIP = "drip"


@dataclass
class Server:
    """
    Answers each command with 250, or as `script` says: an answer, CLOSE, HANG or DRIP.

    Keys of the script: CONNECT, EHLO, MAIL, RCPT, DATA, BODY (the answer to a mail), QUIT.
    """

    script: dict[str, str] = field(default_factory=dict)
    taken: list[bytes] = field(default_factory=list)
    """Whole mails, whether or not their taking was said."""

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.ended = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def stop(self) -> None:
        """Close the door."""
        self.ended.set()
        self.listener.close()

    def _listen(self) -> None:
        while not self.ended.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._speak, args=(connection,), daemon=True).start()

    def _speak(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            if not self._answer(connection, "CONNECT", "220 here"):
                return
            for line in lines:
                command = line.split()[0].decode().upper() if line.split() else ""
                usual = "354 go on" if command == "DATA" else "250 fine"
                if not self._answer(connection, command, usual) or command == "QUIT":
                    return
                if command == "DATA" and "DATA" not in self.script:
                    self.taken.append(_mail(lines))
                    if not self._answer(connection, "BODY", "250 taken"):
                        return

    def _answer(self, connection: socket.socket, key: str, usual: str) -> bool:
        said = self.script.get(key, usual)
        if said == HANG:
            self.ended.wait()
        if said == DRIP:
            while not self.ended.wait(0.1):
                connection.sendall(b"2")
        if said in {CLOSE, HANG, DRIP}:
            return False
        connection.sendall(said.encode() + b"\r\n")
        return True


def _mail(lines: object) -> bytes:
    read = b""
    for line in lines:  # type: ignore[attr-defined]  # a file of bytes
        if line == b".\r\n":
            break
        read += line
    return read
