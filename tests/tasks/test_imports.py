"""A worker runs an import a spell at a time, and another goes on where one was lost."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from portal.actions import import_files, import_reading, import_runs, imports
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.models.clients import Client
from portal.models.imports import Import
from portal.models.task_runs import TaskRun
from portal.tasks import imports as task
from portal.tasks import run as runs
from tests.ingest.files import shapes


def upload(path: Path) -> Import:
    with import_files.incoming() as taken:
        import_files.copy_in(path, taken)
        return imports.add(taken, path.name, "payments")


def waiting(import_id: UUID) -> list[UUID]:
    """Runs of the ledger that wait for this import."""
    found = db.session.scalars(
        sa.select(TaskRun.id).where(
            TaskRun.task == "imports.run",
            TaskRun.state == "queued",
            TaskRun.arguments["import_id"].astext == str(import_id),
        )
    ).all()
    db.session.commit()
    return list(found)


def read(client: Client, import_id: UUID) -> Import:
    with acting_as(client.id):
        return import_reading.get(import_id)


def test_a_long_import_runs_in_spells(
    acme: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = shapes.write_cdnow(tmp_path / "purchases.txt", rows=2500)
    monkeypatch.setattr(task, "SPELL_SECONDS", 0)
    with acting_as(acme.id):
        made = upload(tmp_path / "purchases.txt")
        imports.start(made)

    spells = 0
    while runs_left := waiting(made.id):
        assert len(runs_left) == 1
        runs.run(str(runs_left[0]))
        spells += 1

    assert spells == 4  # three batches, and one look behind the last
    assert read(acme, made.id).counts == {"payments": {"stored": told.rows}}


def test_an_import_whose_worker_fails_for_good_says_so_and_resumes(
    acme: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = shapes.write_cdnow(tmp_path / "purchases.txt", rows=100)
    with acting_as(acme.id):
        made = upload(tmp_path / "purchases.txt")
        imports.start(made)

    def broken(*_: Any, **__: Any) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(import_runs, "run", broken)
    for _ in range(5):
        for run_id in waiting(made.id):
            runs.run(str(run_id))
    monkeypatch.undo()

    found = read(acme, made.id)
    assert (found.state, found.failure) == ("failed", task.STOPPED)
    with acting_as(acme.id):
        imports.start(import_reading.get(made.id))
    runs.run(str(waiting(made.id)[0]))
    assert read(acme, made.id).counts == {"payments": {"stored": told.rows}}


def test_an_import_that_nobody_runs_is_stalled_and_can_be_revived(
    acme: Client, tmp_path: Path
) -> None:
    shapes.write_cdnow(tmp_path / "purchases.txt", rows=100)
    with acting_as(acme.id):
        made = upload(tmp_path / "purchases.txt")
        imports.start(made)
        assert not import_reading.is_stalled(made)
    for run_id in waiting(made.id):
        db.session.execute(sa.delete(TaskRun).where(TaskRun.id == run_id))
    db.session.commit()

    with acting_as(acme.id):
        found = import_reading.get(made.id)
        assert import_reading.is_stalled(found)
        imports.start(found)
    runs.run(str(waiting(made.id)[0]))

    assert read(acme, made.id).state == "done"
