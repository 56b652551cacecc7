"""
A worker: one queue, one process, a child for each run.

RQ wakes it. It refuses whatever is not a run of the ledger, kills a child that outlives its time,
and goes on from the ledger alone while Redis is away.
"""

import logging
import subprocess
import sys
import threading
import time
from typing import Any

from flask import Flask
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer

from portal.core.db import db
from portal.core.queue import RUN, TASKS, redis
from portal.tasks import ledger

GRACE_SECONDS = 5
WATCH_SECONDS = 2
WORKER_TTL_SECONDS = 60
RUN_COMMAND = (sys.executable, "-m", "portal.cli", "run-task")

log = logging.getLogger(__name__)


class RunJob(Job):
    """An RQ job that may only be a run of the ledger."""

    def restore(self, raw_data: Any) -> Any:
        """
        Read the job; one that names another function, or a callback, is taken for none.

        Raises:
            NoSuchJobError: it was forged, so the queue goes on to the next.
        """
        restored = super().restore(raw_data)
        try:
            allowed = self.func_name == RUN and len(self.args) == 1 and not self.kwargs
        except Exception as error:
            log.exception("a queued job cannot be read; refused", extra={"job": self.id})
            raise NoSuchJobError(self.id) from error
        callbacks = (
            self._success_callback_name,
            self._failure_callback_name,
            self._stopped_callback_name,
        )
        if not allowed or any(callbacks):
            log.error("a queued job is no task run; refused", extra={"job": self.id})
            raise NoSuchJobError(self.id)
        return restored


class RunWorker(Worker):
    """An RQ worker whose children open connections of their own and end in time."""

    job_class = RunJob

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Work in the child: sockets of the parent are not shared."""
        db.engine.dispose(close=False)
        super().main_work_horse(job, queue)

    def maintain_heartbeats(self, job: Job) -> None:
        """Look after the child; one that swallows its time-out, or hangs in C, is killed."""
        super().maintain_heartbeats(job)
        timeout = job.timeout
        if timeout and timeout > 0 and self.current_job_working_time > timeout + GRACE_SECONDS:
            log.error("a task run outlived its time; killed", extra={"job": job.id})
            self.kill_horse()


def work(app: Flask, queue: str) -> None:
    """Work on `queue` until SIGTERM; with Redis away, from the ledger."""
    stop = threading.Event()
    with app.app_context():
        poller = threading.Thread(target=_poll, args=(app, queue, stop), daemon=True)
        poller.start()
        while not _work_on_redis(queue):
            time.sleep(1)
        stop.set()


def _work_on_redis(queue: str) -> bool:
    """Work until told to stop (True) or until Redis goes away (False)."""
    try:
        connection = redis()
        connection.ping()
        worker = RunWorker(
            [Queue(queue, connection=connection, serializer=JSONSerializer, job_class=RunJob)],
            connection=connection,
            serializer=JSONSerializer,
            worker_ttl=WORKER_TTL_SECONDS,
            maintenance_interval=30,
            job_monitoring_interval=WATCH_SECONDS,
        )
        worker.work(logging_level="WARNING")
    except RedisError:
        return False
    return True


def _poll(app: Flask, queue: str, stop: threading.Event) -> None:
    """While Redis is away, run what is overdue, each in a process of its own."""
    while not stop.wait(WATCH_SECONDS):
        with app.app_context():
            try:
                redis().ping()
            except RedisError:
                _run_overdue(queue)


def _run_overdue(queue: str) -> None:
    try:
        waiting = ledger.overdue(queue, limit=1)
    except Exception:
        log.exception("neither Redis nor the database answers")
        return
    for run_id, name in waiting:
        try:
            subprocess.run(  # noqa: S603 - our own command and a row's id
                [*RUN_COMMAND, str(run_id)],
                timeout=TASKS[name].timeout_seconds + GRACE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            log.exception("a task run outlived its time; killed", extra={"task": name})
