"""The one function that RQ may call: it runs a row of the ledger."""

import logging
import os
import socket
import threading
from contextlib import AbstractContextManager, nullcontext
from uuid import UUID

import sqlalchemy as sa

from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.tasks import ledger
from portal.tasks.ledger import Attempt, LostLease

KEEP_SECONDS = 10

log = logging.getLogger(__name__)


def run(run_id: str) -> None:
    """
    Run a row once: claim it, act as its client, keep its lease, commit effects and mark together.

    A failure is noted in the row, which comes back after a pause until its tries are used up.
    """
    attempt = ledger.claim(UUID(run_id), f"{socket.gethostname()}:{os.getpid()}")
    if attempt is None:
        return
    stop = threading.Event()
    keeper = threading.Thread(target=_keep, args=(db.engine, attempt, stop), daemon=True)
    keeper.start()
    try:
        _perform(attempt)
    except LostLease:
        db.session.rollback()
        log.warning("task run was taken over", extra={"task": attempt.task.name})
    except Exception as error:  # whatever it is, it is the row's; the queue goes on
        db.session.rollback()
        log.exception("task run failed", extra={"task": attempt.task.name, "run": run_id})
        ledger.fail(attempt, f"{type(error).__name__}: {error}")
    finally:
        stop.set()
        keeper.join()


def _perform(attempt: Attempt) -> None:
    scope: AbstractContextManager[None] = (
        acting_as(attempt.client_id) if attempt.client_id else nullcontext()
    )
    with scope:
        attempt.task.run(attempt, **attempt.arguments)
        ledger.finish(attempt)
        db.session.commit()


def _keep(engine: sa.Engine, attempt: Attempt, stop: threading.Event) -> None:
    while not stop.wait(KEEP_SECONDS):
        try:
            if not ledger.keep(engine, attempt):
                return
        except sa.exc.SQLAlchemyError:
            log.warning("a lease could not be kept", extra={"task": attempt.task.name})
