"""`portal migrate`: bring the schema to the newest migration, or to a named one."""

from pathlib import Path

import click

from portal.cli._scope import data_option


@click.command()
@data_option
@click.option("--to", default="head", show_default=True, help="Name of a migration.")
def command(data: Path, to: str) -> None:
    """Run the migrations that are missing, as portal_owner."""
    from portal.cli._scope import config_opened
    from portal.core import migrations

    with config_opened(data) as config:
        migrations.upgrade(config.database_owner_url, to)
    click.echo("the schema is up to date")
