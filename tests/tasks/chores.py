"""Tasks that only tests run: some do their work, some are what no task should be."""

import os
import signal
import time
from typing import Any

import sqlalchemy as sa

from portal.core.db import db
from portal.core.queue import TASKS, Task
from portal.core.tenancy import current_client_id
from portal.tasks.ledger import Attempt

TIMEOUT_SECONDS = 1

did: list[object] = []


def note(_attempt: Attempt, what: object = "ran") -> None:
    """Do something that this process can see."""
    did.append(what)


def whose(_attempt: Attempt) -> None:
    """Tell for which client it runs."""
    did.append(current_client_id())


def write(attempt: Attempt, seconds: float = 0, again: float = 0) -> None:
    """Leave a row behind, slowly; `seconds` counts in the first attempt alone, `again` after."""
    db.session.execute(
        sa.text(
            "INSERT INTO agency_audit (id, at, action, actor, subject)"
            " VALUES (gen_random_uuid(), now(), 'test.effect', 'test', :run)"
        ),
        {"run": str(attempt.id)},
    )
    time.sleep(seconds if attempt.number == 1 else again)


def explode(_attempt: Attempt) -> None:
    """Never succeed."""
    raise ValueError("poison")


def die(_attempt: Attempt) -> None:
    """End as if the kernel had run out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def swallow(_attempt: Attempt) -> None:
    """Go on whatever it is told."""
    while True:
        try:
            time.sleep(60)
        except BaseException:  # noqa: BLE001, S112 - what must not help it
            continue


def hang(_attempt: Attempt) -> None:
    """Hear no signal, as code in C that is stuck."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM, signal.SIGTERM})
    time.sleep(600)


def ask_slowly(_attempt: Attempt) -> None:
    """Wait for a statement that takes too long."""
    db.session.execute(sa.text("SELECT pg_sleep(600)"))


CHORES = (note, whose, write, explode, die, swallow, hang, ask_slowly)


def register(**options: Any) -> None:
    """Make them tasks `test.<name>` on the default queue."""
    for function in CHORES:
        name = f"test.{function.__name__}"
        timeout = TIMEOUT_SECONDS if function in {swallow, hang, ask_slowly} else 600
        TASKS.add(name, Task(name, function, timeout_seconds=timeout, **options))


def forget() -> None:
    """Leave the registry as it was."""
    for function in CHORES:
        TASKS._items.pop(f"test.{function.__name__}")  # noqa: SLF001 - only tests take away
