"""`portal backup`: database, secrets and files of an embedded portal, as one file."""

from pathlib import Path

import click

from portal.cli._scope import data_option


@click.command()
@data_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def command(data: Path, file: Path) -> None:
    """Write a copy to FILE, also while the portal runs; it holds secrets, so keep it private."""
    from portal.supervisor.backup import back_up
    from portal.supervisor.layout import open_layout

    back_up(open_layout(data), file)
    click.echo(f"wrote {file} ({file.stat().st_size / 1e6:.1f} MB)")
