"""
Background tasks: named functions, and rows that say they are to be run.

The row in PostgreSQL is the truth. After its commit RQ carries `run(row_id)`, which does nothing
but wake a worker: what is run, as whom and how often stands in the row. A wake-up that Redis loses
costs seconds, because idle workers look into the ledger by themselves.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.core import redis
from portal.core.db import db
from portal.core.errors import BadConfig
from portal.core.ids import new_id
from portal.core.registry import Registry

RUN = "portal.tasks.run.run"
"""The only function that a wake-up may name."""
QUEUES = ("rollups", "default", "imports")
"""By urgency; each has a worker of its own, so that a long import keeps no mail waiting."""
OUTBOX = "task_runs"
TIMEOUT_SECONDS = 600
BACK_OFF_SECONDS = (10, 60, 300)
WAKE_UPS = 100
"""More of them wake nobody who is not awake."""
WAKE_UP_SECONDS = 600

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """
    A function that a worker runs; it must leave the same behind when run twice.

    Args:
        name: `subject.verb`; it is in the rows, so it is never changed.
        run: gets the attempt, then the arguments of its row.
        queue: one of QUEUES.
        timeout_seconds: after it the run is killed.
        tries: after so many failures it lies among the dead.
        back_off_seconds: pauses after the first, second, … failure; the last is repeated.
    """

    name: str
    run: Callable[..., object]
    queue: str = "default"
    timeout_seconds: int = TIMEOUT_SECONDS
    tries: int = 3
    back_off_seconds: tuple[int, ...] = BACK_OFF_SECONDS


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


def task(name: str, **options: Any) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """
    Make a function the task `name`; its first argument is the `Attempt` that runs it.

    Args:
        name: of the task.
        options: as in `Task`.

    Raises:
        BadConfig: no worker looks at its queue.
    """

    def register(function: Callable[..., object]) -> Callable[..., object]:
        made = Task(name, function, **options)
        if made.queue not in QUEUES:
            raise BadConfig(f"task {name}: no worker looks at queue {made.queue!r}")
        TASKS.add(name, made)
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
        wake_after_commit(wanted.queue, made)
    return made


def wake_after_commit(queue: str, run_id: UUID) -> None:
    """Wake a worker of `queue` for a run, once the open transaction is committed."""
    db.session().info.setdefault(OUTBOX, []).append((queue, run_id))


def wake(queue: str, run_id: UUID) -> bool:
    """Wake a worker now; False when Redis does not answer, and the ledger has to do."""

    def push(connection: Redis) -> bool:
        line = Queue(queue, connection=connection, serializer=JSONSerializer)
        if line.count < WAKE_UPS:
            line.enqueue(RUN, str(run_id), ttl=WAKE_UP_SECONDS, description="")
        return True

    return redis.ask(push, otherwise=False)


@event.listens_for(Session, "after_commit")
def _wake_after_commit(session: Session) -> None:
    if not session.in_nested_transaction():
        for queue, run_id in session.info.pop(OUTBOX, ()):
            wake(queue, run_id)


@event.listens_for(Session, "after_soft_rollback")
def _forget_after_rollback(session: Session, previous: Any) -> None:
    if not previous.nested:
        session.info.pop(OUTBOX, None)
