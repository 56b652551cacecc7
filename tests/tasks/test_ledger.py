"""A task run is a row: it is done once, whoever dies on the way."""

from collections.abc import Iterator
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from rq import Callback, Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer

from portal.core.db import db
from portal.core.queue import RUN, TASKS, Task, enqueue, redis
from portal.core.tenancy import current_client_id
from portal.models.clients import Client
from portal.models.task_runs import TaskRun
from portal.tasks import ledger
from portal.tasks.ledger import Attempt, LostLease
from portal.tasks.run import run
from portal.tasks.worker import RunJob

did: list[object] = []


def note(_attempt: Attempt, what: object = "ran") -> None:
    """Do something that tests can see."""
    did.append(what)


def explode(_attempt: Attempt) -> None:
    """Never succeed."""
    raise ValueError("poison")


def whose(_attempt: Attempt) -> None:
    """Tell for which client it runs."""
    did.append(current_client_id())


@pytest.fixture(autouse=True)
def _tasks(session: object) -> Iterator[None]:
    did.clear()
    for function in (note, explode, whose):
        name = f"test.{function.__name__}"
        TASKS._items[name] = Task(name, function, "tests", 30, 3)  # noqa: SLF001 - only for a test
    yield
    for name in ("test.note", "test.explode", "test.whose"):
        del TASKS._items[name]  # noqa: SLF001 - only for a test
    db.session.execute(sa.delete(TaskRun))
    db.session.commit()
    redis().flushdb()


def ask(name: str = "test.note", **options: object) -> UUID:
    """Ask for a run and commit."""
    made = enqueue(name, **options)  # type: ignore[arg-type]
    db.session.commit()
    assert made is not None
    return made


def queue(job_class: type[Job] = RunJob) -> Queue:
    """Give the tests' queue."""
    return Queue("tests", connection=redis(), serializer=JSONSerializer, job_class=job_class)


def row(run_id: UUID) -> TaskRun:
    """Read a run as it is now."""
    found = db.session.get_one(TaskRun, run_id, populate_existing=True)
    db.session.commit()
    return found


def test_a_run_is_done_once_however_often_it_is_called() -> None:
    run_id = ask(what="once")
    run(str(run_id))
    run(str(run_id))

    assert did == ["once"]
    assert (row(run_id).state, row(run_id).attempt) == ("done", 1)


def test_it_acts_as_the_client_of_its_row(acme: Client) -> None:
    run(str(ask("test.whose", client_id=acme.id)))

    assert did == [acme.id]


def test_equal_work_is_asked_for_once_until_it_is_done() -> None:
    first = ask(key="same")

    assert enqueue("test.note", key="same") is None
    db.session.rollback()
    run(str(first))
    assert enqueue("test.note", key="same") is not None
    db.session.rollback()


def test_a_rollback_asks_for_nothing(app: Flask) -> None:
    made = enqueue("test.note")
    db.session.rollback()

    assert made is not None
    assert db.session.get(TaskRun, made) is None
    db.session.commit()


def test_a_wake_up_carries_the_row_and_nothing_else() -> None:
    run_id = ask(what="secret")
    (waiting,) = [job for job in queue().jobs if job.args == [str(run_id)]]

    assert (waiting.func_name, waiting.kwargs) == (RUN, {})


def test_a_forged_job_is_no_job() -> None:
    """Whoever writes to Redis can name any function: a plain worker would call it."""
    run_id = str(ask())
    for name, arguments in (("os.system", ["true"]), (RUN, [run_id, "more"])):
        forged = queue(Job).enqueue(name, *arguments)
        with pytest.raises(NoSuchJobError):
            RunJob.fetch(forged.id, redis(), JSONSerializer)


def test_a_job_with_a_callback_is_no_job() -> None:
    forged = queue(Job).enqueue(RUN, str(ask()), on_success=Callback("os.getcwd"))

    with pytest.raises(NoSuchJobError):
        RunJob.fetch(forged.id, redis(), JSONSerializer)


def test_a_pickled_job_is_no_job() -> None:
    forged = Queue("tests", connection=redis()).enqueue("os.system", "true")

    with pytest.raises(NoSuchJobError):
        RunJob.fetch(forged.id, redis(), JSONSerializer)


def test_poison_is_tried_three_times_and_then_lies_among_the_dead() -> None:
    run_id = ask("test.explode")
    for _ in range(3):
        db.session.execute(sa.update(TaskRun).values(run_after=sa.func.now()))
        db.session.commit()
        run(str(run_id))

    found = row(run_id)
    assert (found.state, found.attempt, found.error) == ("dead", 3, "ValueError: poison")


def test_a_pause_grows_between_tries() -> None:
    run_id = ask("test.explode")
    run(str(run_id))
    waits = db.session.scalar(
        sa.select(sa.func.extract("epoch", TaskRun.run_after - sa.func.now()))
    )
    db.session.commit()

    assert 5 < float(waits or 0) <= 10
    run(str(run_id))
    assert row(run_id).attempt == 1


def test_the_dead_can_be_run_again() -> None:
    run_id = ask()
    db.session.execute(sa.update(TaskRun).values(state="dead"))
    assert ledger.run_again(run_id) == "test.note"
    db.session.commit()
    run(str(run_id))

    assert row(run_id).state == "done"


def test_a_run_whose_worker_died_is_put_back() -> None:
    """Its lease is over; the next worker takes it, and the dead one's attempt is fenced off."""
    run_id = ask()
    first = ledger.claim(run_id, "one that dies")
    db.session.execute(
        sa.update(TaskRun).values(lease_until=sa.func.now() - sa.text("interval '1 s'"))
    )
    db.session.commit()

    assert first is not None
    assert ledger.recover() == 1
    run(str(run_id))
    assert did == ["ran"]
    with pytest.raises(LostLease):
        ledger.finish(first)
    db.session.rollback()


def test_a_lease_that_is_kept_is_not_recovered() -> None:
    attempt = ledger.claim(ask(), "alive")

    assert attempt is not None
    assert ledger.keep(db.engine, attempt)
    assert ledger.recover() == 0


def test_a_lost_wake_up_is_found_in_the_ledger() -> None:
    """As after FLUSHALL: the row waits, and nobody was told."""
    run_id = ask()
    redis().flushall()
    db.session.execute(
        sa.update(TaskRun).values(run_after=sa.func.now() - sa.text("interval '10 s'"))
    )
    db.session.commit()

    assert (run_id, "test.note") in ledger.overdue("tests")


def test_without_redis_asking_still_works(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, "redis", redis().from_url("unix:///nowhere/at/all"))

    assert row(ask()).state == "queued"
