"""
A worker: one queue, one process, a child for each run.

The worker takes a run from the ledger, keeps its lease and ends a child that outlives its time; the
child does the work. RQ only cuts the wait short, so a worker goes on while Redis is away.
"""

import logging
import os
import random
import select
import signal
import time
from typing import Any

import sqlalchemy as sa
from flask import Flask
from redis.exceptions import RedisError

from portal.core import redis
from portal.core.db import db
from portal.tasks import ledger, wake_ups
from portal.tasks.ledger import Attempt
from portal.tasks.run import KEEP_SECONDS, PATIENCE, perform, timed, worker_name

WAIT_SECONDS = 5
"""So often an idle worker looks into the ledger although nobody woke it."""
REDIS_SECONDS = WAIT_SECONDS + 5
PAUSE_SECONDS = 1
GRACE_SECONDS = 5
"""What a child that swallows its time-out has left."""
LEAVE_SECONDS = 6
"""What a child has left when the worker is told to end; then its run is handed back."""

TIMED_OUT = "timed out: its process did not hear it, and was killed"
NO_DATABASE = 75
"""Exit code of a child that could not even note its failure."""

log = logging.getLogger(__name__)


class Told(BaseException):
    """The worker was told to end while it waited."""


class Worker:
    """Works on one queue until it is told to end."""

    def __init__(self, app: Flask, queue: str) -> None:
        self.app = app
        self.queue = queue
        self.name = worker_name()
        self.told_at: float | None = None
        self.is_waiting = False
        self.away: set[str] = set()
        self.redis = redis.connect(app.config["PORTAL"].redis_url, timeout_seconds=REDIS_SECONDS)

    def work(self) -> None:
        """Take, run, wait; a SIGTERM ends it after the run that is on, or hands that back."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._be_told)
        with self.app.app_context():
            while self.told_at is None:
                attempt = self._take()
                if attempt is not None:
                    Child(self, attempt).see_through()
                elif self.told_at is None:
                    self._wait()

    def _take(self) -> Attempt | None:
        try:
            taken = ledger.take(self.queue, self.name)
            self.away.discard("database")
        except sa.exc.SQLAlchemyError as error:
            db.session.rollback()
            self._miss("database", error)
            return None
        else:
            return taken
        finally:
            db.session.remove()

    def _wait(self) -> None:
        self.is_waiting = True
        try:
            if self.told_at is None:
                self._wait_for_wake_up()
        except Told:
            log.info("worker ends", extra={"queue": self.queue})
        finally:
            self.is_waiting = False

    def _wait_for_wake_up(self) -> None:
        try:
            wake_ups.wait(self.queue, self.redis, WAIT_SECONDS)
            self.away.discard("Redis")
        except (RedisError, OSError) as error:
            self._miss("Redis", error)
            time.sleep(PAUSE_SECONDS)

    def _miss(self, server: str, error: Exception) -> None:
        """Say once that a server is away."""
        if server not in self.away:
            log.warning("%s does not answer", server, extra={"error": type(error).__name__})
        self.away.add(server)

    def _be_told(self, *_: Any) -> None:
        self.told_at = self.told_at or time.monotonic()
        if self.is_waiting:
            self.is_waiting = False
            raise Told


class Child:
    """A process that does one run, and what its worker does meanwhile."""

    def __init__(self, worker: Worker, attempt: Attempt) -> None:
        self.worker = worker
        self.attempt = attempt
        self.started = self.kept = time.monotonic()
        self.killed_for = ""
        self.pid = os.fork() or self._be()
        self.life = os.pidfd_open(self.pid)

    def see_through(self) -> None:
        """Keep the lease until the child ends; end it in time; note how it ended."""
        while not select.select([self.life], [], [], PAUSE_SECONDS)[0]:
            self._look(time.monotonic())
        os.close(self.life)
        _, status = os.waitpid(self.pid, 0)
        if status:
            self._note(os.waitstatus_to_exitcode(status))
        db.session.remove()

    def _look(self, now: float) -> None:
        timeout = self.attempt.task.timeout_seconds
        told_at = self.worker.told_at
        if now - self.started > timeout + GRACE_SECONDS:
            self._kill(TIMED_OUT)
        elif told_at is not None and now - told_at > LEAVE_SECONDS:
            self._kill("the worker was told to end")
        elif now - self.kept > KEEP_SECONDS:
            self.kept = now
            self._keep()

    def _keep(self) -> None:
        try:
            if not ledger.keep(self.attempt):
                self._kill("the run was taken over")
        except sa.exc.SQLAlchemyError:
            log.warning("a lease could not be kept", extra={"task": self.attempt.task.name})

    def _kill(self, why: str) -> None:
        self.killed_for = self.killed_for or why
        os.killpg(self.pid, signal.SIGKILL)

    def _note(self, code: int) -> None:
        """Write down why the child did not write itself; without a database the lease says it."""
        ending = signal.Signals(-code).name if code < 0 else str(code)
        why = self.killed_for or f"its process ended ({ending})"
        log.error("a task run ended early", extra={"task": self.attempt.task.name, "why": why})
        try:
            if self._is_blameless(code):
                ledger.hand_back(self.attempt, PAUSE_SECONDS)
            else:
                ledger.fail(self.attempt, why)
        except sa.exc.SQLAlchemyError:
            db.session.rollback()
            log.warning("the ledger cannot be written", extra={"run": str(self.attempt.id)})

    def _is_blameless(self, code: int) -> bool:
        """Whether the worker was told to end, or the database went away."""
        if self.attempt.number >= PATIENCE or self.killed_for == TIMED_OUT:
            return False
        return self.worker.told_at is not None or code == NO_DATABASE

    def _be(self) -> int:
        """Do the run, in the child; never returns into the worker's code."""
        code = 1
        try:
            self._become_another()
            with timed(self.attempt):
                perform(self.attempt)
            code = 0
        except sa.exc.SQLAlchemyError:
            code = NO_DATABASE
            log.exception("a task run could not be noted", extra={"run": str(self.attempt.id)})
        except BaseException:
            log.exception("a task run could not be noted", extra={"run": str(self.attempt.id)})
        finally:
            os._exit(code)

    def _become_another(self) -> None:
        """Take signals, connections and chance of its own."""
        os.setpgid(0, 0)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # the worker decides
        app = self.worker.app
        db.engine.dispose(close=False)
        app.extensions["platform_engine"].dispose(close=False)
        redis.forget(app)
        random.seed()


def work(app: Flask, queue: str) -> None:
    """Work on `queue` until told to end."""
    Worker(app, queue).work()
