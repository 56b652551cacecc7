"""`portal scheduler`: asks what is due; `portal up` starts it by itself."""

import signal
import threading

import click


@click.command()
def command() -> None:
    """Keep time until told to end; two at once do each thing once."""
    from portal.app import create_app
    from portal.config import Config
    from portal.tasks.schedule import keep_time

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    keep_time(create_app(Config.from_env()), stop)
