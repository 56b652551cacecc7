"""`portal worker QUEUE`: one worker on one queue; `portal up` starts them by itself."""

import click

from portal.core.queue import QUEUES


@click.command()
@click.argument("queue", type=click.Choice(QUEUES))
def command(queue: str) -> None:
    """Run what waits in QUEUE until told to end."""
    from portal.app import create_app
    from portal.config import Config
    from portal.supervisor.family import bind_descendants
    from portal.tasks.worker import work

    bind_descendants()
    work(create_app(Config.from_env()), queue)
