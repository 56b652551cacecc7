"""Chores in the registry, an empty ledger, and processes that are ended after each test."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from portal.config import Config
from portal.core.db import db
from portal.core.queue import enqueue
from portal.models.accounts import AgencyAudit
from portal.models.task_runs import ScheduleTick, TaskRun
from portal.supervisor.family import Forked, fork
from tests.tasks import chores
from tests.tasks.at_work import be

PATIENCE_SECONDS = 20

Start = Callable[..., Forked]
Ask = Callable[..., UUID]


@pytest.fixture
def ledger_emptied(session: object) -> Iterator[None]:
    """Start and end without runs and ticks; the chores are tasks meanwhile."""
    chores.did.clear()
    chores.register()
    _empty()
    yield
    chores.forget()
    db.session.rollback()
    _empty()


@pytest.fixture
def ask(ledger_emptied: None) -> Ask:
    """Ask for a run of a chore, and commit."""

    def enqueue_and_commit(name: str = "note", **options: object) -> UUID:
        made = enqueue(f"test.{name}", **options)  # type: ignore[arg-type]
        db.session.commit()
        assert made is not None
        return made

    return enqueue_and_commit


@pytest.fixture
def start(config: Config, ledger_emptied: None, tmp_path: Path) -> Iterator[Start]:
    """Start `default` (a worker) or `scheduler` as a process of its own."""
    started: list[Forked] = []

    def start_one(what: str = "default", **settings: object) -> Forked:
        work = partial(be, what, replace(config, **settings))  # type: ignore[arg-type]
        with (tmp_path / f"{what}.log").open("ab") as log:
            started.append(
                fork(work, name=what, ending=signal.SIGKILL, env=dict(os.environ), log=log)
            )
        return started[-1]

    yield start_one
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
    for path in tmp_path.glob("*.log"):  # shown when the test fails
        sys.stderr.write(f"{path.name}:\n{path.read_text()[-4000:]}\n")


def row(run_id: UUID) -> TaskRun:
    """Read a run as it is now."""
    found = db.session.get_one(TaskRun, run_id, populate_existing=True)
    db.session.commit()
    return found


def until(run_id: UUID, *states: str, attempt: int = 0) -> TaskRun:
    """Wait until a run is in one of `states`, in attempt `attempt` at least."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := row(run_id)).state not in states or found.attempt < attempt:
        assert time.monotonic() < deadline, f"{found.state} {found.attempt}: {found.error}"
        time.sleep(0.05)
    return found


def effects(run_id: UUID) -> int:
    """Count what the runs of `test.write` left behind."""
    found = sa.select(sa.func.count()).select_from(AgencyAudit)
    count = db.session.scalar(found.where(AgencyAudit.subject == str(run_id)))
    db.session.commit()
    return count or 0


def _empty() -> None:
    db.session.execute(sa.delete(TaskRun))
    db.session.execute(sa.delete(ScheduleTick))
    db.session.commit()
