"""Who keeps the servers of a data folder: the first command does, later ones join in."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from portal.core.errors import Conflict, Unavailable
from portal.supervisor.layout import Layout, write_private
from portal.supervisor.servers import Servers

PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.02


@contextmanager
def servers_open(layout: Layout) -> Iterator[None]:
    """
    Have servers to talk to: those that run already, or our own until the block ends.

    Raises:
        Unavailable: another command holds the folder and does not get ready.
    """
    layout.make()
    with layout.lock.open("a") as lock, layout.users.open("a") as users:
        if _took_or_joined(layout, lock, users):
            with _own_servers(layout, users):
                yield
        else:
            yield


@contextmanager
def folder_held(layout: Layout) -> Iterator[None]:
    """
    Be the one that keeps the servers of this folder.

    Raises:
        Conflict: a portal runs on it.
    """
    layout.make()
    deadline = time.monotonic() + PATIENCE_SECONDS
    with layout.lock.open("a") as lock:
        while not _took(lock):
            found = announced(layout)
            if found.get("base_url") or time.monotonic() > deadline:
                where = found.get("base_url", "another command")
                raise Conflict(f"a portal already runs on {layout.root}: {where}")
            time.sleep(POLL_SECONDS)  # a short command is using the servers
        layout.running.unlink(missing_ok=True)
        try:
            yield
        finally:
            layout.running.unlink(missing_ok=True)


def announce(layout: Layout, **facts: object) -> None:
    """Tell other commands that the servers are ready, and whose they are."""
    write_private(layout.running, json.dumps({"pid": os.getpid()} | facts))


def announced(layout: Layout) -> dict[str, str]:
    """Read what the keeper of the servers told; nothing if it is gone."""
    try:
        found: dict[str, str] = json.loads(layout.running.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found if Path(f"/proc/{found['pid']}").exists() else {}


@contextmanager
def _own_servers(layout: Layout, users: IO[str]) -> Iterator[None]:
    layout.running.unlink(missing_ok=True)
    servers = Servers(layout)
    try:
        servers.start()
        announce(layout)
        yield
    finally:
        fcntl.flock(users, fcntl.LOCK_EX)  # those that joined us are done
        layout.running.unlink(missing_ok=True)
        servers.stop()


def _took_or_joined(layout: Layout, lock: IO[str], users: IO[str]) -> bool:
    """Whether the servers are ours to start; otherwise they are up, and stay while we do."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if _took(lock):
            return True
        fcntl.flock(users, fcntl.LOCK_SH)
        if announced(layout):
            return False
        fcntl.flock(users, fcntl.LOCK_UN)
        time.sleep(POLL_SECONDS)
    raise Unavailable(f"the servers of {layout.root} do not get ready: see {layout.logs}")


def _took(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
