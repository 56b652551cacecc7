"""What `portal up` and `portal demo` share."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from portal.cli import main
from portal.cli._scope import data_option

COMMON = (
    data_option,
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
    click.option("--port", type=int, help="Port; 0 takes any. [default: the first free from 8000]"),
    click.option("--with-parent", is_flag=True, hidden=True, help="End when the caller ends."),
)


def running_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a running portal."""
    for option in reversed(COMMON):
        command = option(command)
    return command


def run_portal(data: Path, options: dict[str, Any], welcome: list[str], *, demo: bool) -> None:
    """Run until told to end; exit as it says."""
    from portal.supervisor.family import end_with_parent
    from portal.supervisor.layout import open_layout
    from portal.supervisor.running import Wish, run

    if options.pop("with_parent"):
        end_with_parent(signal.SIGTERM)
    wish = Wish(open_layout(data), main, demo=demo, welcome=welcome, **options)
    raise SystemExit(run(wish, lambda text: click.echo(f"portal: {text}", err=True)))
