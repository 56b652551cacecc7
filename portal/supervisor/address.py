"""Which port the web server takes."""

import socket
import time
from contextlib import closing

from portal.core.errors import Conflict

FIRST_PORT = 8000
TRIED_PORTS = 50
LEAVING_SECONDS = 2.0
"""Processes of an earlier start may still be ending."""
POLL_SECONDS = 0.05


def choose_port(host: str, wanted: int | None) -> int:
    """
    Give a port that is free now: `wanted`, any for 0, the next free one when none is wanted.

    Raises:
        Conflict: the wanted port is taken.
    """
    if wanted is not None:
        return _wanted(host, wanted)
    for port in range(FIRST_PORT, FIRST_PORT + TRIED_PORTS):
        if _free(host, port) is not None:
            return port
    raise Conflict(f"no port free from {FIRST_PORT} on: choose one with --port")


def _wanted(host: str, wanted: int) -> int:
    deadline = time.monotonic() + LEAVING_SECONDS
    while (port := _free(host, wanted)) is None:
        if time.monotonic() > deadline:
            raise Conflict(f"port {wanted} is taken by another program: choose another --port")
        time.sleep(POLL_SECONDS)
    return port


def _free(host: str, port: int) -> int | None:
    """Without SO_REUSEPORT, so that another copy of the portal counts as taken."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return None
        found: int = probe.getsockname()[1]
        return found
