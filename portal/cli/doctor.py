"""`portal doctor`: what is wrong, and the command that mends it."""

from pathlib import Path

import click

from portal.cli._scope import data_option


@click.command()
@data_option
def command(data: Path) -> None:
    """Look at versions, roles, policies, schema, disk, clock, Redis, rollups, jobs and mail."""
    from portal.cli._scope import config_opened
    from portal.supervisor.checks import examine
    from portal.supervisor.checks.finding import Place

    wrong = 0
    with config_opened(data, install=False) as config:
        for found in examine(Place(config)):
            click.echo(f"{'ok   ' if found.ok else 'WRONG'} {found.name}: {found.what}")
            if not found.ok:
                wrong += 1
                click.echo(f"      {found.mend}")
    raise SystemExit(1 if wrong else 0)
