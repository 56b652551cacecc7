"""The web server: Granian, whose runtime reads slow clients without spending a thread on them."""

import signal

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

from portal.app import create_app
from portal.config import Config
from portal.supervisor.family import bind_descendants, end_with_parent

THREADS = 8
HEADER_MILLISECONDS = 15_000
STOP_SECONDS = 8
RESPAWN_SECONDS = 0.5


def build() -> Flask:
    """Make the application inside a web process, which ends when the one that started it does."""
    end_with_parent(signal.SIGKILL)
    return create_app(Config.from_env())


def serve(host: str, port: int, processes: int) -> None:
    """
    Answer requests until told to end.

    What this module imports is loaded once and shared by the processes that fork from here.
    """
    bind_descendants()
    Granian(
        "portal.supervisor.web:build",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        respawn_interval=RESPAWN_SECONDS,
        workers_kill_timeout=STOP_SECONDS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
        websockets=False,
    ).serve()
