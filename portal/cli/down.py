"""`portal down`: end the portal that runs on a data folder."""

import os
import signal
import time
from pathlib import Path

import click

from portal.cli._scope import data_option

PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.05


@click.command()
@data_option
def command(data: Path) -> None:
    """End the portal that runs on DIR and wait until it has."""
    from portal.core.errors import Unavailable
    from portal.supervisor.layout import open_layout
    from portal.supervisor.sharing import announced

    found = announced(open_layout(data))
    if not found.get("base_url"):
        click.echo(f"no portal runs on {data}")
        return
    os.kill(int(found["pid"]), signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while Path(f"/proc/{found['pid']}").exists() and announced(open_layout(data)):
        if time.monotonic() > deadline:
            raise Unavailable(f"process {found['pid']} does not end")
        time.sleep(POLL_SECONDS)
    click.echo(f"ended {found['base_url']}")
