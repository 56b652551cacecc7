"""The demo's last steps: data if there is none, the file with the logins, the greeting."""

import json
import time
from pathlib import Path
from typing import Any

import click

from portal.config import Config

FILE = "demo.json"
LOADED = "demo.loaded.json"
"""What `demo.json` will hold: the facts are stored, but not all days are rolled up."""
POLL_SECONDS = 0.5
PATIENCE_SECONDS = 900.0


def greet(config: Config) -> None:
    """Load the demo if it is new, wait until its numbers are there, tell how to sign in."""
    file = config.data_dir / FILE
    found = json.loads(file.read_text()) if file.exists() else _first(config)
    if found["base_url"] != config.base_url:
        found["base_url"] = config.base_url
        _write(file, found)
    _print(found)


def stay_live(config: Config) -> None:
    """Let new leads come in until the portal ends."""
    from portal.app import create_app
    from portal.demo.live import run

    with create_app(config).app_context():
        run(lambda text: click.echo(f"  {text}"))


def _first(config: Config) -> dict[str, Any]:
    """Load what is not loaded, then wait for the numbers; cut off anywhere, it goes on there."""
    started = time.monotonic()
    loaded = config.data_dir / LOADED
    if not loaded.exists():
        _write(loaded, _load(config))
        click.echo(f"  stored after {time.monotonic() - started:.0f} s; rolling up")
    _wait_rolled_up(config)
    click.echo(f"  all days are rolled up after {time.monotonic() - started:.0f} s")
    found: dict[str, Any] = json.loads(loaded.read_text())
    _write(config.data_dir / FILE, {"base_url": config.base_url} | found)
    loaded.unlink()
    return {"base_url": config.base_url} | found


def _load(config: Config) -> dict[str, Any]:
    from portal.app import create_app
    from portal.demo.load import load

    click.echo("loading thirteen months of six clients")
    with create_app(config).app_context():
        return load(config, lambda text: click.echo(f"  {text}"))


def _wait_rolled_up(config: Config) -> None:
    from portal.core.errors import Unavailable
    from portal.supervisor.checks.finding import Place
    from portal.supervisor.checks.rollups import open_marks

    deadline = time.monotonic() + PATIENCE_SECONDS
    while open_marks(Place(config))[0]:
        if time.monotonic() > deadline:
            raise Unavailable("the demo's days are not rolled up: see `portal doctor`")
        time.sleep(POLL_SECONDS)


def _write(file: Path, found: dict[str, Any]) -> None:
    from portal.supervisor.layout import write_private

    write_private(file, json.dumps(found, indent=2) + "\n")


def _print(found: dict[str, Any]) -> None:
    click.echo(f"\n{found['base_url']}\n")
    width = max(len(user["email"]) for user in found["users"])
    for user in found["users"]:
        where = ", ".join(user["clients"]) or "the agency"
        click.echo(f"  {user['email']:<{width}}  {user['password']:<24} {user['role']} of {where}")
    click.echo("\nCtrl-C ends it; the data stays.")
