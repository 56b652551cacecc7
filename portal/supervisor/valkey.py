"""Embedded Valkey as a direct child, on a Unix socket only, never evicting."""

import contextlib
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import IO

from portal.core.errors import Unavailable
from portal.supervisor import binaries
from portal.supervisor.family import is_running_in, spawn
from portal.supervisor.layout import Layout

POLL_SECONDS = 0.005
PING = b"*1\r\n$4\r\nPING\r\n"


def socket_path(layout: Layout) -> Path:
    """Where it listens."""
    return layout.sockets / "valkey.sock"


def start(layout: Layout, log: IO[bytes], *, durable: bool) -> subprocess.Popen[bytes]:
    """Start the server and note its pid."""
    settings = {
        "port": "0",
        "unixsocket": str(socket_path(layout)),
        "unixsocketperm": "700",
        "dir": str(layout.valkey),
        "appendonly": "yes" if durable else "no",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    options = [part for name, value in settings.items() for part in (f"--{name}", value)]
    child = spawn([str(binaries.valkey_server()), *options], ending=signal.SIGTERM, log=log)
    _pid_file(layout).write_text(str(child.pid))
    return child


def wait_ready(layout: Layout, child: subprocess.Popen[bytes], seconds: float) -> None:
    """
    Wait until `child` answers a PING; it does not while it loads its file.

    Raises:
        Unavailable: it ended, or `seconds` went by.
    """
    deadline = time.monotonic() + seconds
    while not _answers(socket_path(layout)):
        if child.poll() is not None:
            raise Unavailable(f"Valkey ended with {child.returncode}: see {layout.logs}")
        if time.monotonic() > deadline:
            raise Unavailable(f"Valkey is not ready after {seconds:.0f} s: see {layout.logs}")
        time.sleep(POLL_SECONDS)


def running_pid(layout: Layout) -> int | None:
    """Pid of a server that works in this folder, whoever started it."""
    try:
        pid = int(_pid_file(layout).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return pid if is_running_in(pid, layout.valkey) else None


def _pid_file(layout: Layout) -> Path:
    return layout.root / "valkey.pid"


def _answers(path: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        connection.connect(str(path))
        connection.sendall(PING)
        return connection.recv(16).startswith(b"+PONG")
    return False
