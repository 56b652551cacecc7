"""portal metrics: write the handbook of metrics and the SQL of the reporting views."""

from pathlib import Path

import click


@click.command()
@click.option("--views", is_flag=True, help="Print the SQL of the reporting views instead.")
def command(*, views: bool) -> None:
    """Write docs/metrics.md from the catalog."""
    from portal.catalog.handbook import handbook
    from portal.catalog.reporting.platform import statements

    if views:
        click.echo(";\n\n".join(statements()) + ";\n")
        return
    path = Path(__file__).parents[2] / "docs" / "metrics.md"
    path.write_text(handbook())
    click.echo(f"written: {path}")
