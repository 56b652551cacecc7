"""What commands share: the data folder, the servers of it, and the application."""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click
from flask import Flask

from portal.config import Config

R = TypeVar("R")
BASE_URL = "PORTAL_BASE_URL"

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="PORTAL_DATA_DIR",
    default=Path("var"),
    show_default=True,
    help="Folder of the embedded servers and of our own files.",
)


@contextmanager
def opened(data: Path) -> Iterator[Flask]:
    """Open the portal on `data` for one command, with its servers, inside an app context."""
    from portal.app import create_app
    from portal.core.db import db

    with config_opened(data) as config:
        app = create_app(config)
        with app.app_context():
            try:
                yield app
            finally:
                db.session.remove()
                db.engine.dispose()
                app.extensions["platform_engine"].dispose()


@contextmanager
def config_opened(data: Path, *, install: bool = True) -> Iterator[Config]:
    """Settings on `data`, set up if they were not, and servers that run as long as the block."""
    from portal.cli._setup import set_up
    from portal.supervisor import installation
    from portal.supervisor.layout import open_layout
    from portal.supervisor.settings import is_embedded, settings
    from portal.supervisor.sharing import announced, servers_open

    layout = open_layout(data)
    embedded = is_embedded(Config.from_env())
    with servers_open(layout) if embedded else nullcontext():
        config = settings(layout)
        if (running := announced(layout).get("base_url")) and not os.environ.get(BASE_URL):
            config = replace(config, base_url=running)  # links in mails lead to the running portal
        if install and embedded and not installation.is_installed(layout):
            set_up(layout, config)
        yield config


def in_portal(command: Callable[..., R]) -> Callable[..., R]:
    """Run a command with `--data`, its servers up, and an application context."""

    @data_option
    @functools.wraps(command)
    def run(*args: Any, data: Path, **kwargs: Any) -> R:
        with opened(data):
            return command(*args, **kwargs)

    return run
