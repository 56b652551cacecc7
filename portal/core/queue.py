"""
Background tasks: named functions, and rows that say they are to be run.

The row in PostgreSQL is the truth. After its commit RQ carries nothing but the row's id, to wake a
worker; whatever Redis loses is found again in the ledger.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from flask import current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.core.db import db
from portal.core.ids import new_id
from portal.core.registry import Registry

RUN = "portal.tasks.run.run"
"""The only function that a worker runs."""
OUTBOX = "task_runs"
TIMEOUT_SECONDS = 600

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """A function that a worker runs; it must leave the same behind when run twice."""

    name: str
    run: Callable[..., object]
    queue: str
    timeout_seconds: int
    tries: int


TASKS: Registry[Task] = Registry("task")

_INSERT = sa.text(
    """
    INSERT INTO task_runs (id, task, queue, client_id, arguments, key, run_after, queued_at)
    VALUES (:id, :task, :queue, :client, CAST(:arguments AS jsonb), :key,
            now() + make_interval(secs => :delay), now())
    ON CONFLICT (task, key) WHERE state IN ('queued', 'running') DO NOTHING
    RETURNING id
    """
)


def task(
    name: str, *, queue: str = "default", timeout_seconds: int = TIMEOUT_SECONDS, tries: int = 3
) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Make a function the task `name`; its first argument is the `Attempt` that runs it."""

    def register(function: Callable[..., object]) -> Callable[..., object]:
        TASKS.add(name, Task(name, function, queue, timeout_seconds, tries))
        return function

    return register


def enqueue(
    name: str,
    *,
    client_id: UUID | None = None,
    key: str | None = None,
    delay_seconds: float = 0,
    **arguments: Any,
) -> UUID | None:
    """
    Ask for a run of task `name` in the open transaction; the caller commits.

    Args:
        name: of the task.
        client_id: whose work it is; the task acts as that client.
        key: equal work that waits or runs already is not asked for again.
        delay_seconds: how long it has to wait at least.
        arguments: what JSON can hold.

    Returns:
        The run's id; None when equal work waits or runs already.
    """
    wanted = TASKS[name]
    made: UUID | None = db.session.execute(
        _INSERT,
        {
            "id": new_id(),
            "task": name,
            "queue": wanted.queue,
            "client": client_id,
            "arguments": msgspec.json.encode(arguments).decode(),
            "key": key,
            "delay": delay_seconds,
        },
    ).scalar()
    if made is not None and not delay_seconds:
        db.session().info.setdefault(OUTBOX, []).append((wanted, made))
    return made


def push(wanted: Task, run_id: UUID) -> bool:
    """Wake a worker for a run; False when Redis does not answer, and the ledger has to do."""
    try:
        Queue(wanted.queue, connection=redis(), serializer=JSONSerializer).enqueue(
            RUN,
            str(run_id),
            job_timeout=wanted.timeout_seconds,
            result_ttl=0,
            failure_ttl=60,
            description=wanted.name,
        )
    except RedisError as error:
        log.warning("Redis does not answer; the ledger will find the run: %s", type(error).__name__)
        return False
    return True


def redis() -> Redis:
    """Give this process's connection to Redis, with short timeouts."""
    if "redis" not in current_app.extensions:
        url = current_app.config["PORTAL"].redis_url
        current_app.extensions["redis"] = Redis.from_url(
            url, socket_timeout=2, socket_connect_timeout=1
        )
    connection: Redis = current_app.extensions["redis"]
    return connection


@event.listens_for(Session, "after_commit")
def _push_after_commit(session: Session) -> None:
    if not session.in_nested_transaction():
        for wanted, run_id in session.info.pop(OUTBOX, ()):
            push(wanted, run_id)


@event.listens_for(Session, "after_rollback")
def _drop_after_rollback(session: Session) -> None:
    session.info.pop(OUTBOX, None)
