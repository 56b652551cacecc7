"""`portal up`: servers, web, workers and scheduler, until Ctrl-C."""

from pathlib import Path
from typing import Any

import click

from portal.cli._running import run_portal, running_options


@click.command()
@running_options
def command(data: Path, **options: Any) -> None:
    """Run the whole portal in the foreground; the first start sets it up."""
    run_portal(data, options, [], demo=False)
