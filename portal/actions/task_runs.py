"""The ledger as people see it: what waits, runs, is done or dead; the dead are run again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.actions import audit
from portal.core.db import db
from portal.core.errors import Conflict, NotFound
from portal.core.queue import wake_after_commit
from portal.models.clients import Client
from portal.models.mails import MailOutbox
from portal.models.task_runs import STATES, TaskRun

PAGE = 50
TROUBLED = ("failed", "uncertain")


@dataclass(frozen=True, slots=True)
class Filter:
    """What to look for; '' is anything. `before` is the last id of the page before."""

    state: str = ""
    task: str = ""
    slug: str = ""
    before: UUID | None = None


def runs(wanted: Filter) -> Sequence[tuple[TaskRun, str | None]]:
    """Read a page of runs with the slug of each, newest first; one more if there is another."""
    query = sa.select(TaskRun, Client.slug).outerjoin(Client, Client.id == TaskRun.client_id)
    if wanted.state:
        query = query.where(TaskRun.state == wanted.state)
    if wanted.task:
        query = query.where(TaskRun.task.startswith(wanted.task, autoescape=True))
    if wanted.slug:
        query = query.where(Client.slug == wanted.slug)
    if wanted.before:
        query = query.where(TaskRun.id < wanted.before)
    rows = db.session.execute(query.order_by(TaskRun.id.desc()).limit(PAGE + 1))
    return [(run, slug) for run, slug in rows]


def counts() -> Mapping[str, int]:
    """Count the runs by state."""
    rows = db.session.execute(sa.select(TaskRun.state, sa.func.count()).group_by(TaskRun.state))
    return dict.fromkeys(STATES, 0) | dict(iter(rows))


def mails_in_trouble(limit: int = 20) -> Sequence[MailOutbox]:
    """List the newest mails that were refused, may have come twice, or wait after an error."""
    waits = sa.and_(MailOutbox.state == "queued", MailOutbox.error != "")
    troubled = sa.or_(MailOutbox.state.in_(TROUBLED), MailOutbox.is_doubtful, waits)
    query = sa.select(MailOutbox).where(troubled)
    return db.session.scalars(query.order_by(MailOutbox.id.desc()).limit(limit)).all()


def run_again(run_id: UUID) -> str:
    """
    Give a dead run all its tries back; return its task. The caller commits.

    Raises:
        NotFound: there is no such run.
        Conflict: it is not dead, or equal work waits or runs already.
    """
    run = _dead(run_id)
    run.state, run.failures, run.error, run.finished_at = "queued", 0, "", None
    run.run_after = sa.func.now()
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise Conflict("Equal work waits or runs already.") from None
    wake_after_commit(run.queue, run.id)
    audit.record("task.run_again", run.task, run=str(run.id))
    return run.task


def dismiss(run_id: UUID) -> str:
    """
    Remove a dead run that nobody needs any more; return its task. The caller commits.

    Raises:
        NotFound: there is no such run.
        Conflict: it is not dead.
    """
    run = _dead(run_id)
    db.session.delete(run)
    audit.record("task.dismissed", run.task, run=str(run.id), error=run.error[:200])
    return run.task


def about(run: TaskRun) -> Mapping[str, Any]:
    """Describe a run for programs."""
    names = ("task", "queue", "state", "attempt", "failures", "key", "worker", "error")
    times = ("queued_at", "run_after", "started_at", "finished_at", "lease_until")
    at = {name: getattr(run, name) for name in times}
    return (
        {"id": str(run.id)}
        | {name: getattr(run, name) for name in names}
        | {name: value.isoformat() if value else None for name, value in at.items()}
    )


def _dead(run_id: UUID) -> TaskRun:
    run = db.session.get(TaskRun, run_id, with_for_update=True, populate_existing=True)
    if run is None:
        raise NotFound(f"There is no task run {run_id}.")
    if run.state != "dead":
        raise Conflict(f"This run is {run.state}; only dead ones can be touched.")
    return run
