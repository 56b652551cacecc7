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
    """List the servers that run already, so that they are started again when they end."""
    return [
        Member("PostgreSQL", servers.start_postgres, child=servers.postgres),
        Member("Valkey", servers.start_valkey, child=servers.valkey),
    ]


def _start(path: Path, command: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
    with path.open("ab") as log:
        return spawn(command, ending=ENDING, log=log, env=env)
