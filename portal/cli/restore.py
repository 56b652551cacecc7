"""`portal restore`: a portal from what `portal backup` wrote."""

from pathlib import Path

import click

from portal.cli._scope import data_option


@click.command()
@data_option
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def command(data: Path, file: Path) -> None:
    """Make a portal in the empty folder DIR from FILE."""
    from portal.supervisor.backup import restore
    from portal.supervisor.layout import open_layout

    restore(open_layout(data), file)
    click.echo(f"restored to {data}; start it with `portal up --data {data}`")
