"""`portal assets`: bundle what the browser gets; needs no server."""

import click


@click.command()
def command() -> None:
    """Bundle scripts, styles, fonts and icons under hashed names."""
    from portal.cli._setup import build_assets

    build_assets()
