"""The whole portal as one command runs it: servers, then our own processes, until told to end."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from portal.config import PREFIX, Config
from portal.core.errors import Unavailable
from portal.supervisor import household, installation, processes
from portal.supervisor.address import choose_port
from portal.supervisor.layout import Layout
from portal.supervisor.servers import Servers
from portal.supervisor.settings import is_embedded, settings
from portal.supervisor.sharing import announce, folder_held

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What was asked for on the command line."""

    layout: Layout
    command: processes.Run
    """Runs one of our commands, in the process that is forked for it."""
    host: str = "127.0.0.1"
    port: int | None = None
    demo: bool = False
    welcome: list[str] = field(default_factory=list)
    """Arguments of the process that greets."""


def run(wish: Wish, tell: Tell) -> int:
    """Run the portal until a signal asks it to end, or its greeting fails; answer the exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until `keep` reads it itself
    with _folder_and_servers(wish.layout) as servers:
        port = choose_port(wish.host, wish.port)
        announce(wish.layout)
        _install(wish.layout)
        config = _settings(wish, port)
        announce(wish.layout, base_url=config.base_url)
        bind = (wish.host, port)
        processes.preload()
        ours = processes.own(wish.layout, config, bind, wish.command)
        ours.append(processes.welcome(config, bind, wish.welcome, wish.command))
        household.hold_signals()
        try:
            return household.keep([*processes.embedded(servers), *ours], tell)
        finally:
            household.stop(ours)


@contextmanager
def _folder_and_servers(layout: Layout) -> Iterator[Servers]:
    """Hold the folder; have the embedded servers up in it unless others are named."""
    with folder_held(layout):
        servers = Servers(layout)
        try:
            if is_embedded(Config.from_env()):
                servers.start()
            yield servers
        finally:
            servers.stop()


def _install(layout: Layout) -> None:
    """Set up in a process of its own, so that what it loads is gone when we run on."""
    if installation.is_installed(layout):
        return
    command = [sys.executable, "-m", "portal.cli", "setup", "--no-assets"]
    if subprocess.run([*command, "--data", str(layout.root)], check=False).returncode != 0:
        raise Unavailable("the portal could not be set up; the reason is above")


def _settings(wish: Wish, port: int) -> Config:
    config = replace(settings(wish.layout), demo=wish.demo)
    if PREFIX + "BASE_URL" in os.environ:
        return config
    return replace(config, base_url=f"http://{wish.host}:{port}")
