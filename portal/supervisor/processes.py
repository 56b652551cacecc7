"""Our own processes: web, one worker a queue, scheduler. They are forked, so they share memory."""

import gc
import signal
from collections.abc import Callable
from functools import partial

from portal import app, blueprints, models, tasks
from portal.config import Config
from portal.core.queue import QUEUES
from portal.core.registry import discover
from portal.supervisor import web
from portal.supervisor.family import Forked, fork
from portal.supervisor.household import Member
from portal.supervisor.layout import Layout
from portal.supervisor.servers import Servers
from portal.supervisor.settings import child_env

# A server of ours ends with us at once: what it was doing is in PostgreSQL, or was not answered.
ENDING = signal.SIGKILL
SHARED = (app, web)

Run = Callable[[list[str]], None]


def preload() -> None:
    """Load once what all of them need; the collector must not touch it, or it is shared no more."""
    for package in (models, tasks, blueprints):
        discover(package)
    gc.collect()
    gc.freeze()


def own(layout: Layout, config: Config, bind: tuple[str, int], run: Run) -> list[Member]:
    """List the portal's own processes; `run` runs one of our commands."""
    host, port = bind
    commands = {"web": ["web", "--host", host, "--port", str(port)]}
    commands |= {queue: ["worker", queue] for queue in QUEUES}
    commands["schedule"] = ["scheduler"]
    env = child_env(config)
    return [
        Member(name, partial(_start, layout, name, partial(run, arguments), env))
        for name, arguments in commands.items()
    ]


def welcome(config: Config, bind: tuple[str, int], arguments: list[str], run: Run) -> Member:
    """Name the process that greets when the portal answers, and loads the demo before."""
    command = ["welcome", "--at", f"http://{bind[0]}:{bind[1]}", *arguments]
    env = child_env(config)

    def start() -> Forked:
        return fork(partial(run, command), name="portal-welcome", ending=ENDING, env=env)

    return Member("welcome", start, once=True)


def embedded(servers: Servers) -> list[Member]:
    """List the servers that we started, so that they are started again when they end."""
    if servers.postgres is None:
        return []
    return [
        Member("PostgreSQL", servers.start_postgres, child=servers.postgres),
        Member("Valkey", servers.start_valkey, child=servers.valkey),
    ]


def _start(layout: Layout, name: str, run: Callable[[], None], env: dict[str, str]) -> Forked:
    with (layout.logs / f"{name}.log").open("ab") as log:
        return fork(run, name=f"portal-{name}", ending=ENDING, env=env, log=log)
