"""Real workers in real processes: woken, killed, told to end, without Redis, with forged jobs."""

import os
import pickle
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa
from redis import Redis
from rq import Callback, Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from portal.config import Config
from portal.core import redis
from portal.core.db import db
from portal.models.task_runs import TaskRun
from portal.tasks import ledger, run
from portal.tasks.worker import TIMED_OUT, WAIT_SECONDS
from tests.cluster import Urls
from tests.tasks.conftest import Ask, Start, effects, until


@pytest.fixture
def valkey(config: Config) -> Iterator[Redis]:
    """Redis as an attacker or an accident sees it, emptied."""
    connection = redis.connect(config.redis_url, timeout_seconds=2)
    connection.flushdb()
    yield connection
    connection.flushdb()
    connection.close()


def end_lease(run_id: UUID) -> None:
    """Let half a minute pass."""
    past = sa.func.now() - sa.text("interval '1 s'")
    db.session.execute(sa.update(TaskRun).where(TaskRun.id == run_id).values(lease_until=past))
    db.session.commit()
    ledger.recover()


def children(pid: int) -> list[int]:
    """List the processes that `pid` forked, as soon as there is one."""
    deadline = time.monotonic() + 10
    while not (found := Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return [int(child) for child in found]


def used_up(valkey: Redis) -> bool:
    """Wait until no job lies in Redis, read or unread."""
    deadline = time.monotonic() + 10
    while valkey.keys("rq:job:*") and time.monotonic() < deadline:
        time.sleep(0.05)
    return not valkey.keys("rq:job:*")


def test_a_worker_is_woken_at_once(start: Start, ask: Ask, valkey: Redis) -> None:
    start()
    until(ask("write"), "done")
    began = time.monotonic()
    run_id = ask("write")
    until(run_id, "done")

    assert time.monotonic() - began < WAIT_SECONDS / 2
    assert effects(run_id) == 1
    assert used_up(valkey)


def test_flushall_loses_nothing(start: Start, ask: Ask, valkey: Redis) -> None:
    waiting = [ask("write") for _ in range(3)]
    valkey.flushall()
    start()

    for run_id in waiting:
        until(run_id, "done")
    valkey.flushall()
    assert [effects(run_id) for run_id in waiting] == [1, 1, 1]


def test_work_goes_on_without_redis(start: Start, ask: Ask) -> None:
    start(redis_url="unix:///nowhere/at/all")
    run_id = ask("write")

    until(run_id, "done")
    assert effects(run_id) == 1


def test_a_killed_child_is_noticed_at_once(start: Start, ask: Ask) -> None:
    worker = start()
    run_id = ask("write", seconds=60)
    until(run_id, "running")
    os.kill(children(worker.pid)[0], signal.SIGKILL)

    assert until(run_id, "done").attempt == 2
    assert effects(run_id) == 1


def test_a_killed_worker_takes_its_child_along(start: Start, ask: Ask) -> None:
    """Its run is put back when the lease is over, and done once."""
    worker = start()
    run_id = ask("write", seconds=60)
    until(run_id, "running")
    child = children(worker.pid)[0]
    worker.kill()
    worker.wait()
    time.sleep(0.2)

    assert not Path(f"/proc/{child}/cwd").exists()
    end_lease(run_id)
    start()
    assert until(run_id, "done").attempt == 2
    assert effects(run_id) == 1


def test_a_frozen_child_that_thaws_changes_nothing(start: Start, ask: Ask) -> None:
    """Its worker is frozen with it; somebody else does the run; then both wake up."""
    worker = start()
    run_id = ask("write", seconds=3)
    until(run_id, "running")
    family = [worker.pid, *children(worker.pid)]
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    end_lease(run_id)
    start()
    until(run_id, "done", attempt=2)
    for pid in family:
        os.kill(pid, signal.SIGCONT)
    time.sleep(4)

    assert effects(run_id) == 1
    assert worker.poll() is None


@pytest.mark.parametrize("chore", ["swallow", "hang"])
def test_what_hears_no_time_out_is_killed(start: Start, ask: Ask, chore: str) -> None:
    start()
    run_id = ask(chore)
    found = until(run_id, "dead")

    assert found.error == TIMED_OUT


def test_what_hears_its_time_out_ends_by_itself(start: Start, ask: Ask) -> None:
    """In the middle of a statement, which is cancelled."""
    start()

    assert until(ask("ask_slowly"), "dead").error.startswith("OutOfTime")
    running = db.session.scalar(
        sa.text(
            "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'"
            " AND state = 'active'"
        )
    )
    assert running == 0


def test_a_lost_connection_costs_no_try(
    start: Start, ask: Ask, monkeypatch: pytest.MonkeyPatch, urls: Urls
) -> None:
    """Somebody restarts PostgreSQL in the middle of a run."""
    monkeypatch.setattr(run, "PAUSE_SECONDS", 0)
    start()
    run_id = ask("write", seconds=1.5)
    until(run_id, "running")
    time.sleep(0.5)
    with psycopg.connect(urls.superuser.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE state = 'idle in transaction' AND query LIKE 'INSERT INTO agency_audit%'"
            " AND datname = current_database()"
        )

    found = until(run_id, "done")
    assert (found.attempt, found.failures, effects(run_id)) == (2, 0, 1)


def test_poison_does_not_stop_the_queue(start: Start, ask: Ask) -> None:
    start()
    poison = [ask("die"), ask("explode")]
    good = ask("write")

    until(good, "done")
    errors = [until(run_id, "dead").error for run_id in poison]
    assert errors == ["its process ended (SIGKILL)", "ValueError: poison"]


def test_a_worker_that_is_told_to_end_finishes_what_is_short(start: Start, ask: Ask) -> None:
    worker = start()
    run_id = ask("write", seconds=0.8)
    until(run_id, "running")
    worker.terminate()

    assert worker.wait(10) == 0
    assert (until(run_id, "done").attempt, effects(run_id)) == (1, 1)


def test_a_worker_that_is_told_to_end_hands_back_what_is_long(start: Start, ask: Ask) -> None:
    worker = start()
    run_id = ask("write", seconds=60)
    until(run_id, "running")
    worker.terminate()

    assert worker.wait(10) == 0
    found = until(run_id, "queued")
    assert (found.failures, effects(run_id)) == (0, 0)


def test_an_idle_worker_ends_when_told(start: Start, ask: Ask) -> None:
    worker = start()
    until(ask(), "done")
    worker.terminate()

    assert worker.wait(2) == 0


def test_nothing_that_lies_in_redis_is_run(start: Start, ask: Ask, valkey: Redis) -> None:
    """A function of somebody else's, a callback, a pickle, rubbish: refused, and work goes on."""
    target = Path("/tmp") / f"forged-{os.getpid()}"  # noqa: S108 - never made
    line = Queue("default", connection=valkey, serializer=JSONSerializer)
    line.enqueue("os.system", f"touch {target}")
    line.enqueue("portal.tasks.run.run", "no id")
    line.enqueue("portal.tasks.run.run", "1" * 32, on_success=Callback("os.system"))
    for data in (pickle.dumps((print, None, (), {})), b"rubbish", b"[1]"):
        job = Job.create("portal.tasks.run.run", connection=valkey, serializer=JSONSerializer)
        job.save()
        valkey.hset(job.key, "data", data)
        valkey.rpush(line.key, job.id)
    start()
    run_id = ask("write")

    until(run_id, "done")
    assert used_up(valkey)
    assert not target.exists()
