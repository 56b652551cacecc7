"""The ledger of task runs: claim, keep, finish, fail, find what was lost, on database time."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portal.core.db import db
from portal.core.errors import PortalError
from portal.core.queue import TASKS, Task

LEASE_SECONDS = 30
BACK_OFF_SECONDS = (10, 60, 300)
OVERDUE_SECONDS = 5
ERROR_LENGTH = 2000


class LostLease(PortalError):
    """Somebody else has taken this run over: what it did must not be committed."""


@dataclass(frozen=True)
class Attempt:
    """One try of one run; what a task gets as its first argument."""

    id: UUID
    number: int
    task: Task
    client_id: UUID | None
    arguments: dict[str, Any]

    def fence(self) -> None:
        """
        Make sure, inside the open transaction, that the run is still ours; call before a commit.

        Raises:
            LostLease: it is not.
        """
        if db.session.execute(_FENCE, {"id": self.id, "attempt": self.number}).scalar() is None:
            raise LostLease(f"attempt {self.number} of {self.task.name} was taken over")


_CLAIM = sa.text(
    f"""
    UPDATE task_runs SET state = 'running', attempt = attempt + 1, worker = :worker, error = '',
           started_at = now(), lease_until = now() + interval '{LEASE_SECONDS} seconds'
    WHERE id = :id AND state = 'queued' AND run_after <= now()
    RETURNING id, attempt, task, client_id, arguments
    """  # noqa: S608 - a constant
)
_FENCE = sa.text(
    "SELECT 1 FROM task_runs"
    " WHERE id = :id AND attempt = :attempt AND state = 'running' FOR NO KEY UPDATE"
)
_KEEP = sa.text(
    f"""
    UPDATE task_runs SET lease_until = now() + interval '{LEASE_SECONDS} seconds'
    WHERE id = :id AND attempt = :attempt AND state = 'running'
    """  # noqa: S608 - a constant
)
_DONE = sa.text(
    """
    UPDATE task_runs SET state = 'done', finished_at = now(), lease_until = NULL
    WHERE id = :id AND attempt = :attempt AND state = 'running' RETURNING id
    """
)
_FAIL = sa.text(
    """
    UPDATE task_runs SET error = :error, lease_until = NULL,
           state = CASE WHEN attempt < :tries THEN 'queued' ELSE 'dead' END,
           finished_at = CASE WHEN attempt < :tries THEN NULL ELSE now() END,
           run_after = now() + make_interval(secs => :wait)
    WHERE id = :id AND attempt = :attempt AND state = 'running'
    """
)
_LOST = sa.text(
    "SELECT id, attempt, task FROM task_runs"
    " WHERE state = 'running' AND lease_until < now() FOR UPDATE SKIP LOCKED"
)
_OVERDUE = sa.text(
    """
    SELECT id, task FROM task_runs WHERE state = 'queued'
    AND run_after < now() - make_interval(secs => :seconds)
    AND (CAST(:queue AS text) IS NULL OR queue = :queue) ORDER BY run_after LIMIT :limit
    """
)
_AGAIN = sa.text(
    """
    UPDATE task_runs SET state = 'queued', attempt = 0, run_after = now(), error = '',
           finished_at = NULL
    WHERE id = :id AND state = 'dead' RETURNING task
    """
)


def claim(run_id: UUID, worker: str) -> Attempt | None:
    """Take a run that waits and is due; None when somebody else has, or it is gone. Commits."""
    row = db.session.execute(_CLAIM, {"id": run_id, "worker": worker}).one_or_none()
    db.session.commit()
    if row is None:
        return None
    return Attempt(row.id, row.attempt, TASKS[row.task], row.client_id, row.arguments)


def keep(engine: sa.Engine, attempt: Attempt) -> bool:
    """Extend the lease on a connection of its own; False when the run is no longer ours."""
    with engine.begin() as connection:
        found = connection.execute(_KEEP, {"id": attempt.id, "attempt": attempt.number})
        return found.rowcount == 1


def finish(attempt: Attempt) -> None:
    """
    Mark a run as done, in the transaction of its effects; the caller commits.

    Raises:
        LostLease: somebody else has it; the effects must be rolled back.
    """
    if db.session.execute(_DONE, {"id": attempt.id, "attempt": attempt.number}).scalar() is None:
        raise LostLease(f"attempt {attempt.number} of {attempt.task.name} was taken over")


def fail(attempt: Attempt, error: str, *, wait: float | None = None) -> None:
    """Put a run back for another try after a pause, or, after its last, among the dead. Commits."""
    _fail(attempt.id, attempt.number, attempt.task, error, wait)
    db.session.commit()


def recover() -> int:
    """Put back the runs whose workers died; return how many. Commits."""
    lost = db.session.execute(_LOST).all()
    for run_id, number, name in lost:
        _fail(run_id, number, TASKS[name], "its worker died", 0)
    db.session.commit()
    return len(lost)


def overdue(queue: str | None = None, *, limit: int = 200) -> list[tuple[UUID, str]]:
    """List runs (id, task) that nobody took although they are due: a wake-up was lost."""
    values = {"queue": queue, "seconds": OVERDUE_SECONDS, "limit": limit}
    rows = db.session.execute(_OVERDUE, values).all()
    db.session.commit()
    return [(row.id, row.task) for row in rows]


def run_again(run_id: UUID) -> str | None:
    """Give a dead run its tries back; return its task, None if it is not dead. No commit."""
    name: str | None = db.session.execute(_AGAIN, {"id": run_id}).scalar()
    return name


def _fail(run_id: UUID, number: int, task: Task, error: str, wait: float | None) -> None:
    pause = BACK_OFF_SECONDS[min(number, len(BACK_OFF_SECONDS)) - 1] if wait is None else wait
    values = {"id": run_id, "attempt": number, "tries": task.tries, "wait": pause}
    db.session.execute(_FAIL, {**values, "error": error[:ERROR_LENGTH]})
