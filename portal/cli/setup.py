"""`portal setup`: roles, database, grants, migrations, assets."""

from pathlib import Path

import click

from portal.cli._scope import data_option


@click.command()
@data_option
@click.option("--assets/--no-assets", default=True, help="Bundle the browser's files too.")
def command(data: Path, *, assets: bool) -> None:
    """Make or mend roles, database, grants, schema and assets; run it after each update."""
    from portal.cli._scope import config_opened
    from portal.cli._setup import build_assets, set_up
    from portal.supervisor.layout import open_layout

    with config_opened(data, install=False) as config:
        set_up(open_layout(data), config)
        if assets:
            build_assets()
    click.echo("ready")
