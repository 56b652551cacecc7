"""A worker or a scheduler in a process of its own, with the tests' chores."""

import signal
import threading

from portal.app import create_app
from portal.config import Config
from portal.tasks import worker
from portal.tasks.schedule import keep_time
from tests.tasks import chores


def be(what: str, config: Config) -> None:
    """Be what the name says, in a process just forked, until told to end."""
    app = create_app(config)
    if what == "scheduler":
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        keep_time(app, stop)
        return
    chores.forget()
    chores.register(back_off_seconds=(0,))
    worker.GRACE_SECONDS = worker.LEAVE_SECONDS = 1
    worker.work(app, what)
