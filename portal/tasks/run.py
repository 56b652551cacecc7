"""
Runs a row of the ledger: what RQ names, and what a worker's child does.

Effects and the mark that they are done are one transaction, which fails when somebody else has
taken the run over meanwhile.
"""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask, current_app

from portal.core import logs
from portal.core.actor import Actor, acting_for
from portal.core.db import db
from portal.core.logs import scrubbed
from portal.core.tenancy import acting_as
from portal.tasks import ledger
from portal.tasks.ledger import Attempt, LostLease

KEEP_SECONDS = 10
PAUSE_SECONDS = 5
PATIENCE = 20
"""So many attempts may end because the database went away; then it is the run's own doing."""

log = logging.getLogger(__name__)


class OutOfTime(KeyboardInterrupt):
    """
    A run took longer than its task may.

    A KeyboardInterrupt, because `except Exception` does not stop it, and because psycopg then
    cancels the statement that is on.
    """


def worker_name() -> str:
    """Name this process in the ledger."""
    return f"{socket.gethostname()}:{os.getpid()}"


def run(run_id: str) -> None:
    """Run a row once, in this process, if nobody else has taken it."""
    attempt = ledger.claim(UUID(run_id), worker_name())
    if attempt is None:
        return
    with _lease_kept(attempt):
        perform(attempt)


def perform(attempt: Attempt) -> None:
    """
    Do what a claimed run is about; whoever claimed it keeps its lease.

    A failure is noted in the row, which comes back after a pause until its tries are used up.
    """
    logs.forget()
    logs.note(task=attempt.task.name, run=str(attempt.id), attempt=attempt.number)
    began = time.monotonic()
    try:
        _perform(attempt)
    except LostLease:
        db.session.rollback()
        log.warning("task run was taken over")
    except (Exception, OutOfTime) as error:  # whatever it is, it is the row's; the queue goes on
        db.session.rollback()
        log.exception("task run failed")
        if _lost_database(error) and attempt.number < PATIENCE:
            ledger.hand_back(attempt, PAUSE_SECONDS)
        else:
            ledger.fail(attempt, _words(error))
    else:
        log.info("task run done", extra={"ms": round((time.monotonic() - began) * 1000)})
    finally:
        logs.forget()


@contextmanager
def timed(attempt: Attempt) -> Iterator[None]:
    """Interrupt the run when its time is over; for the main thread of a process of its own."""

    def interrupt(*_: Any) -> None:
        raise OutOfTime(f"took longer than {attempt.task.timeout_seconds} seconds")

    signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(attempt.task.timeout_seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def _perform(attempt: Attempt) -> None:
    scope: AbstractContextManager[None] = (
        acting_as(attempt.client_id) if attempt.client_id else nullcontext()
    )
    with acting_for(Actor(request_id=attempt.id.hex)), scope:
        attempt.task.run(attempt, **attempt.arguments)
        ledger.finish(attempt)
        db.session.commit()


def _words(error: BaseException) -> str:
    """Say what happened; of many things that did, the first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return scrubbed(f"{type(error).__name__}: {error}")


def _lost_database(error: BaseException) -> bool:
    return isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated


@contextmanager
def _lease_kept(attempt: Attempt) -> Iterator[None]:
    stop = threading.Event()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's own recipe for threads
    keeper = threading.Thread(target=_keep, args=(app, attempt, stop), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()


def _keep(app: Flask, attempt: Attempt, stop: threading.Event) -> None:
    with app.app_context():
        while not stop.wait(KEEP_SECONDS):
            try:
                if not ledger.keep(attempt):
                    return
            except sa.exc.SQLAlchemyError:
                log.warning("a lease could not be kept", extra={"task": attempt.task.name})
