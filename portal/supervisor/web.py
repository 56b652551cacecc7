"""The web server: Granian, whose runtime reads slow clients without spending a thread on them."""

import signal

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

from portal.app import create_app
from portal.config import Config
from portal.supervisor.checks import refuse_unsafe
from portal.supervisor.family import bind_descendants, end_with_parent
from portal.supervisor.front import Front

THREADS = 8
HEADER_MILLISECONDS = 15_000
STOP_SECONDS = 8
BACKLOG = 1024
CONNECTIONS = 4096
"""Requests a process reads at once; those that are read wait for one of its threads."""
RESPAWN_SECONDS = 0.5


def build() -> Front:
    """Make the application inside a web process, which ends when the one that started it does."""
    end_with_parent(signal.SIGKILL)
    return Front(create_app(Config.from_env()), THREADS)


def serve(host: str, port: int, processes: int) -> None:
    """
    Answer requests until told to end.

    What this module imports is loaded once and shared by the processes that fork from here.
    """
    refuse_unsafe(Config.from_env())
    bind_descendants()
    Granian(
        "portal.supervisor.web:build",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        workers=processes,
        backlog=BACKLOG,
        backpressure=CONNECTIONS,
        respawn_failed_workers=True,
        respawn_interval=RESPAWN_SECONDS,
        workers_kill_timeout=STOP_SECONDS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
        websockets=False,
    ).serve()
