"""`portal demo`: the whole portal with thirteen months of six clients, until Ctrl-C."""

from pathlib import Path
from typing import Any

import click

from portal.cli._running import run_portal, running_options


@click.command()
@running_options
@click.option("--live", is_flag=True, help="Let new events come in while it runs.")
def command(data: Path, *, live: bool, **options: Any) -> None:
    """Run the portal with demo data; the first start loads it, later ones keep it."""
    welcome = ["--demo", *(["--live"] if live else [])]
    run_portal(data, options, welcome, demo=True)
