"""`portal worker QUEUE`: one worker on one queue; `portal up` starts them by itself."""

import click


@click.command()
@click.argument("queue")
def command(queue: str) -> None:
    """Run what waits in QUEUE until told to end."""
    from portal.app import create_app
    from portal.config import Config
    from portal.tasks.worker import work

    work(create_app(Config.from_env()), queue)
