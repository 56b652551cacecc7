"""Our own processes: web, one worker a queue, scheduler."""

import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

from portal.config import Config
from portal.supervisor.family import spawn
from portal.supervisor.household import Member
from portal.supervisor.layout import Layout
from portal.supervisor.servers import Servers
from portal.supervisor.settings import child_env

# A server of ours ends with us at once: what it was doing is in PostgreSQL, or was not answered.
ENDING = signal.SIGKILL
QUEUES = ("rollups", "imports", "default")
PORTAL = (sys.executable, "-m", "portal.cli")


def own(layout: Layout, config: Config, queues: list[str], bind: tuple[str, int]) -> list[Member]:
    """List the portal's own processes."""
    host, port = bind
    commands = {"web": ["web", "--host", host, "--port", str(port)]}
    commands |= {f"worker-{queue}": ["worker", queue] for queue in queues}
    commands["scheduler"] = ["scheduler"]
    env = child_env(config)
    return [
        Member(name, partial(_start, layout.logs / f"{name}.log", [*PORTAL, *arguments], env))
        for name, arguments in commands.items()
    ]


def embedded(servers: Servers) -> list[Member]:
    """List the servers that we started, so that they are started again when they end."""
    if servers.postgres is None:
        return []
    return [
        Member("PostgreSQL", servers.start_postgres, child=servers.postgres),
        Member("Valkey", servers.start_valkey, child=servers.valkey),
    ]


def welcome(config: Config, bind: tuple[str, int], arguments: list[str]) -> Member:
    """Name the process that greets when the portal answers, and loads the demo before."""
    command = [*PORTAL, "welcome", "--at", f"http://{bind[0]}:{bind[1]}", *arguments]
    env = child_env(config)

    def start() -> subprocess.Popen[bytes]:
        return spawn(command, ending=ENDING, env=env)

    return Member("welcome", start, once=True)


def _start(path: Path, command: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
    with path.open("ab") as log:
        return spawn(command, ending=ENDING, log=log, env=env)
