"""`portal welcome`: started by `portal up` and `portal demo` to greet when the portal answers."""

import time
import urllib.request
from http import HTTPStatus
from urllib.parse import urlsplit

import click

from portal.config import Config

PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.05


@click.command(hidden=True)
@click.option("--at", required=True, help="Where the web listens.")
@click.option("--demo", is_flag=True)
@click.option("--live", is_flag=True)
def command(at: str, *, demo: bool, live: bool) -> None:
    """Wait for the portal, load the demo data if it is new, print the address and the logins."""
    config = Config.from_env()
    _wait_answering(at, config)
    if demo:
        from portal.cli._demo import greet, stay_live

        greet(config)
        if live:
            stay_live(config)
    else:
        click.echo(f"the portal answers at {config.base_url}")


def _wait_answering(at: str, config: Config) -> None:
    from portal.core.errors import Unavailable

    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _answers(at, config.base_url):
        if time.monotonic() > deadline:
            raise Unavailable(f"the web does not answer: see {config.data_dir}/logs/web.log")
        time.sleep(POLL_SECONDS)


def _answers(at: str, base_url: str) -> bool:
    host = urlsplit(base_url).netloc  # a portal behind a proxy knows only its public name
    request = urllib.request.Request(f"{at}/healthz", headers={"Host": host})  # noqa: S310  # ours
    try:
        with urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310  # ours
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False
