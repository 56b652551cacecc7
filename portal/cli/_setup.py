"""The steps of `portal setup`, which other commands take when they find them missing."""

import click

from portal.config import Config
from portal.supervisor.layout import Layout


def set_up(layout: Layout, config: Config) -> None:
    """Make roles, database, grants and schema; the servers run."""
    from portal.core.migrations import upgrade
    from portal.supervisor import installation
    from portal.supervisor.settings import is_embedded

    click.echo("setting up the database", err=True)
    if is_embedded(Config.from_env()):
        installation.install_embedded(layout)
    else:
        installation.install_external(config)
    upgrade(config.database_owner_url)
    installation.note_installed(layout)


def build_assets() -> None:
    """Bundle what the browser gets."""
    from flask import Flask

    from portal import assets

    click.echo("building the assets", err=True)
    assets.build(Flask("portal", static_folder="static"))
