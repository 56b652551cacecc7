"""portal access: write the table of who may open which route."""

from pathlib import Path

import click

from portal.cli._scope import opened


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=Path("var"), show_default=True)
def command(data: Path) -> None:
    """Write docs/access.md from the routes."""
    from portal.blueprints.access_page import page

    path = Path(__file__).parents[2] / "docs" / "access.md"
    with opened(data) as app:
        path.write_text(page(app))
    click.echo(f"written: {path}")
