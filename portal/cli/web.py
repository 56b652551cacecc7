"""`portal web`: the web server alone, on the servers that the environment names."""

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--processes", default=2, show_default=True)
def command(host: str, port: int, processes: int) -> None:
    """Answer requests until told to end; `portal up` starts it by itself."""
    from portal.supervisor.web import serve

    serve(host, port, processes)
