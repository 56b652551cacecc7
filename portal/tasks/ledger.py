"""The ledger of task runs: take, keep, finish, fail, find what was lost. On database time only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portal.core.db import db
from portal.core.errors import PortalError
from portal.core.queue import BACK_OFF_SECONDS, TASKS, Task

LEASE_SECONDS = 30
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
    arguments: Mapping[str, Any]
    failures: int = 0

    @property
    def is_last(self) -> bool:
        """Whether the run is dead if this try fails too."""
        return self.failures + 1 >= self.task.tries

    def fence(self) -> None:
        """
        Make sure that the run is still ours, and stays so until the open transaction ends.

        A task that commits as it goes calls it before each commit.

        Raises:
            LostLease: it is not.
        """
        if db.session.execute(_FENCE, _binds(self)).scalar() is None:
            raise _lost(self)


_LEASE = f"now() + interval '{LEASE_SECONDS} seconds'"
_MINE = "id = :id AND attempt = :attempt AND state = 'running'"
_TAKE = f"""
    UPDATE task_runs SET state = 'running', attempt = attempt + 1, worker = :worker,
           started_at = now(), lease_until = {_LEASE}
    WHERE id = {{which}} AND state = 'queued'
    RETURNING id, attempt, task, client_id, arguments, failures
    """  # noqa: S608 - constants
_CLAIM = sa.text(_TAKE.format(which=":id"))
# Clients take turns: whose last run began longest ago comes first, so that a hundred thousand runs
# of one keep no other waiting. A task that this code does not know waits for code that does.
_TAKE_NEXT = sa.text(
    _TAKE.format(
        which="""(
        SELECT waiting.id FROM task_runs waiting JOIN (
            SELECT client_id, (SELECT max(began.started_at) FROM task_runs began
                WHERE began.queue = :queue AND began.client_id IS NOT DISTINCT FROM due.client_id
                ) AS served_at
            FROM (SELECT DISTINCT client_id FROM task_runs WHERE queue = :queue
                AND state = 'queued' AND run_after <= now() AND task = ANY(:tasks)) AS due
        ) AS turn ON turn.client_id IS NOT DISTINCT FROM waiting.client_id
        WHERE waiting.queue = :queue AND waiting.state = 'queued' AND waiting.run_after <= now()
        AND waiting.task = ANY(:tasks)
        ORDER BY turn.served_at NULLS FIRST, waiting.run_after
        LIMIT 1 FOR NO KEY UPDATE OF waiting SKIP LOCKED)"""
    )
)
_FENCE = sa.text(f"SELECT 1 FROM task_runs WHERE {_MINE} FOR NO KEY UPDATE")  # noqa: S608
_KEEP = sa.text(f"UPDATE task_runs SET lease_until = {_LEASE} WHERE {_MINE}")  # noqa: S608
_DONE = sa.text(
    f"""
    UPDATE task_runs SET state = 'done', finished_at = now(), lease_until = NULL, error = ''
    WHERE {_MINE} RETURNING id
    """  # noqa: S608 - constants
)
_HAND_BACK = sa.text(
    f"""
    UPDATE task_runs SET state = 'queued', lease_until = NULL,
           run_after = now() + make_interval(secs => :pause)
    WHERE {_MINE}
    """  # noqa: S608 - constants
)
_FAIL = sa.text(
    f"""
    UPDATE task_runs SET error = :error, lease_until = NULL, failures = failures + 1,
           state = CASE WHEN :is_dead THEN 'dead' ELSE 'queued' END,
           finished_at = CASE WHEN :is_dead THEN now() END,
           run_after = now() + make_interval(secs => :pause)
    WHERE {_MINE}
    """  # noqa: S608 - constants
)
# Of equal work only the newest lies among the dead.
_BURY = sa.text(
    """
    DELETE FROM task_runs older USING task_runs newest
    WHERE newest.id = :id AND newest.state = 'dead' AND older.id <> newest.id
    AND older.state = 'dead' AND older.task = newest.task AND older.key = newest.key
    """
)
_LOST = sa.text(
    """
    SELECT id, attempt, task, client_id, arguments, failures FROM task_runs
    WHERE state = 'running' AND lease_until < now() FOR NO KEY UPDATE SKIP LOCKED
    """
)


def claim(run_id: UUID, worker: str) -> Attempt | None:
    """Take one run that waits, due or not; None when somebody else has. Commits."""
    row = db.session.execute(_CLAIM, {"id": run_id, "worker": worker}).one_or_none()
    db.session.commit()
    return None if row is None else _attempt(row)


def take(queue: str, worker: str) -> Attempt | None:
    """Take the next run that is due on `queue`; clients take turns. Commits."""
    values = {"queue": queue, "worker": worker, "tasks": list(TASKS)}
    row = db.session.execute(_TAKE_NEXT, values).one_or_none()
    db.session.commit()
    return None if row is None else _attempt(row)


def keep(attempt: Attempt) -> bool:
    """Extend the lease on a connection of its own; False when the run is no longer ours."""
    with db.engine.begin() as connection:
        return connection.execute(_KEEP, _binds(attempt)).rowcount == 1


def finish(attempt: Attempt) -> None:
    """
    Mark a run as done, in the transaction of its effects; the caller commits.

    Raises:
        LostLease: somebody else has it; the effects must be rolled back.
    """
    if db.session.execute(_DONE, _binds(attempt)).scalar() is None:
        raise _lost(attempt)


def hand_back(attempt: Attempt, pause: int = 0) -> None:
    """Put a run back that was stopped through no fault of its own. Commits."""
    db.session.execute(_HAND_BACK, {**_binds(attempt), "pause": pause})
    db.session.commit()


def fail(attempt: Attempt, error: str) -> None:
    """Put a run back for another try after a pause, or, after its last, among the dead. Commits."""
    pauses = attempt.task.back_off_seconds
    pause = pauses[min(attempt.failures, len(pauses) - 1)]
    _fail(attempt, error, pause)
    db.session.commit()


def recover() -> int:
    """Put back the runs whose workers died; return how many. Commits."""
    lost = [_attempt(row) for row in db.session.execute(_LOST)]
    for attempt in lost:
        _fail(attempt, "its worker died", 0)
    db.session.commit()
    return len(lost)


def _fail(attempt: Attempt, error: str, pause: int) -> None:
    # PostgreSQL keeps no NUL in a text.
    text = error.replace("\x00", "")[:ERROR_LENGTH]
    values = {"error": text, "is_dead": attempt.is_last, "pause": pause}
    db.session.execute(_FAIL, {**_binds(attempt), **values})
    if attempt.is_last:
        db.session.execute(_BURY, {"id": attempt.id})


def _attempt(row: Any) -> Attempt:
    # A run of another version's task may be recovered here; it is not taken here.
    task = TASKS.get(row.task) or Task(row.task, _unknown, back_off_seconds=BACK_OFF_SECONDS)
    return Attempt(row.id, row.attempt, task, row.client_id, row.arguments, row.failures)


def _unknown(attempt: Attempt, **_arguments: Any) -> None:
    raise PortalError(f"this version has no task {attempt.task.name}")


def _binds(attempt: Attempt) -> dict[str, Any]:
    return {"id": attempt.id, "attempt": attempt.number}


def _lost(attempt: Attempt) -> LostLease:
    return LostLease(f"attempt {attempt.number} of {attempt.task.name} was taken over")
