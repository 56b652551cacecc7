"""A task run is a row: it is done once, whoever dies on the way."""

import threading
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.core import queue, redis
from portal.core.db import db
from portal.core.errors import BadConfig
from portal.core.ids import new_id
from portal.core.queue import enqueue
from portal.models.clients import Client
from portal.models.task_runs import TaskRun
from portal.tasks import ledger, schedule, worker
from portal.tasks.ledger import LostLease
from portal.tasks.run import run
from tests.tasks.chores import did
from tests.tasks.conftest import Ask, row

pytestmark = pytest.mark.usefixtures("ledger_emptied")


def make_due() -> None:
    """Let all pauses be over."""
    db.session.execute(sa.update(TaskRun).values(run_after=sa.func.now()))
    db.session.commit()


def end_leases() -> None:
    """Let all workers be taken for dead."""
    past = sa.func.now() - sa.text("interval '1 s'")
    db.session.execute(sa.update(TaskRun).values(lease_until=past))
    db.session.commit()


def test_a_run_is_done_once_however_often_it_is_called(ask: Ask) -> None:
    run_id = ask(what="once")
    run(str(run_id))
    run(str(run_id))

    assert did == ["once"]
    assert (row(run_id).state, row(run_id).attempt) == ("done", 1)


def test_it_acts_as_the_client_of_its_row(ask: Ask, acme: Client) -> None:
    run(str(ask("whose", client_id=acme.id)))

    assert did == [acme.id]


def test_equal_work_is_asked_for_once_until_it_is_done(ask: Ask) -> None:
    first = ask(key="same")

    assert enqueue("test.note", key="same") is None
    db.session.rollback()
    run(str(first))
    assert enqueue("test.note", key="same") is not None
    db.session.rollback()


def test_a_rollback_asks_for_nothing() -> None:
    made = enqueue("test.note")
    db.session.rollback()

    assert made is not None
    assert db.session.get(TaskRun, made) is None
    db.session.commit()


def test_poison_is_tried_three_times_and_then_lies_among_the_dead(ask: Ask) -> None:
    run_id = ask("explode")
    for _ in range(5):
        make_due()
        run(str(run_id))

    found = row(run_id)
    assert (found.state, found.attempt, found.error) == ("dead", 3, "ValueError: poison")


def test_pauses_grow_between_tries(ask: Ask) -> None:
    run_id = ask("explode")
    pauses = []
    for _ in range(2):
        run(str(run_id))
        pause = TaskRun.run_after - sa.func.now()
        pauses.append(round(float(db.session.scalar(sa.select(sa.extract("epoch", pause))) or 0)))
        db.session.commit()

    assert pauses == [10, 60]


def test_a_paused_run_is_not_taken_before_its_time(ask: Ask) -> None:
    run(str(ask("explode")))

    assert ledger.take("default", "me") is None
    make_due()
    assert ledger.take("default", "me") is not None


def test_of_equal_work_only_the_newest_lies_among_the_dead(ask: Ask) -> None:
    for _ in range(2):
        run_id = ask("explode", key="same")
        for _ in range(3):
            run(str(run_id))

    assert db.session.scalars(sa.select(TaskRun.id)).all() == [run_id]
    db.session.commit()


def test_a_run_whose_worker_died_is_put_back(ask: Ask) -> None:
    """Its lease is over; the next worker takes it, and the dead one's attempt is fenced off."""
    run_id = ask()
    first = ledger.claim(run_id, "one that dies")
    end_leases()

    assert first is not None
    assert ledger.recover() == 1
    run(str(run_id))
    assert did == ["ran"]
    with pytest.raises(LostLease):
        ledger.finish(first)
    db.session.rollback()


def test_a_frozen_worker_that_wakes_up_commits_nothing(ask: Ask) -> None:
    """Neither at its end nor, in a task that commits as it goes, in the middle."""
    frozen = ledger.claim(ask("write"), "frozen")
    end_leases()
    ledger.recover()
    other = ledger.take("default", "other")

    assert frozen is not None
    assert other is not None
    assert other.number == frozen.number + 1
    with pytest.raises(LostLease):
        frozen.fence()
    db.session.rollback()
    other.fence()
    db.session.rollback()


def test_a_lease_that_is_kept_is_not_recovered(ask: Ask) -> None:
    attempt = ledger.claim(ask(), "alive")
    end_leases()

    assert attempt is not None
    assert ledger.keep(attempt)
    assert ledger.recover() == 0


def test_a_worker_that_dies_again_and_again_is_no_endless_loop(ask: Ask) -> None:
    run_id = ask()
    for _ in range(3):
        ledger.take("default", "one that dies")
        end_leases()
        ledger.recover()

    assert (row(run_id).state, row(run_id).error) == ("dead", "its worker died")


def test_a_run_that_is_handed_back_has_lost_no_try(ask: Ask) -> None:
    run_id = ask("explode")
    for _ in range(5):
        attempt = ledger.claim(run_id, "one that is told to end")
        assert attempt is not None
        assert not attempt.is_last
        ledger.hand_back(attempt)

    assert row(run_id).state == "queued"


def test_workers_that_take_at_once_take_each_run_once(app: Flask, ask: Ask) -> None:
    wanted = {ask() for _ in range(12)}
    taken: list[UUID] = []

    def take_all() -> None:
        with app.app_context():
            while attempt := ledger.take("default", "me"):
                taken.append(attempt.id)
            db.session.remove()

    threads = [threading.Thread(target=take_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == sorted(wanted)


def test_clients_take_turns(ask: Ask, acme: Client, globex: Client) -> None:
    """The hundred runs of one, asked for first, do not keep the other waiting."""
    for _ in range(100):
        ask(client_id=acme.id)
    ask(client_id=globex.id)
    taken = [ledger.take("default", "me") for _ in range(3)]

    assert [attempt and attempt.client_id for attempt in taken[:2]] in (
        [acme.id, globex.id],
        [globex.id, acme.id],
    )
    assert taken[2]
    assert taken[2].client_id == acme.id


def test_a_run_of_a_newer_version_waits_for_code_that_knows_it(ask: Ask) -> None:
    """It is neither taken nor lost, and in nobody's way."""
    db.session.execute(
        sa.text(
            "INSERT INTO task_runs (id, task, queue, run_after, queued_at) VALUES"
            " (:id, 'future.task', 'default', now() - interval '1 hour', now())"
        ),
        {"id": (newer := new_id())},
    )
    db.session.commit()
    known = ask()

    assert (taken := ledger.take("default", "me"))
    assert taken.id == known
    assert ledger.take("default", "me") is None
    assert row(newer).state == "queued"


def test_an_unknown_task_does_not_keep_others_from_being_recovered(ask: Ask) -> None:
    run_id = ask()
    ledger.claim(run_id, "one that dies")
    db.session.execute(sa.update(TaskRun).values(task="future.task"))
    db.session.commit()
    end_leases()

    assert ledger.recover() == 1
    assert row(run_id).state == "queued"


def test_an_error_with_a_nul_can_be_noted(ask: Ask) -> None:
    attempt = ledger.claim(ask(), "me")

    assert attempt is not None
    ledger.fail(attempt, "bad \x00 byte")
    assert row(attempt.id).error == "bad  byte"


def test_without_redis_asking_still_works(
    app: Flask, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And costs nothing after the first time, until the pause is over."""
    line = redis.Line(redis.connect("unix:///nowhere/at/all"))
    monkeypatch.setitem(app.extensions, redis.PLACE, line)

    assert row(ask()).state == "queued"
    assert line.closed_until > 0
    assert redis.ask(lambda _connection: "asked", otherwise="away") == "away"


def test_wake_ups_do_not_fill_redis(ask: Ask) -> None:
    redis.ask(lambda connection: connection.flushdb(), otherwise=None)
    for _ in range(queue.WAKE_UPS + 5):
        queue.wake("default", new_id())

    length = redis.ask(lambda connection: connection.llen("rq:queue:default"), otherwise=0)
    redis.ask(lambda connection: connection.flushdb(), otherwise=None)
    assert length == queue.WAKE_UPS


def test_a_task_without_a_worker_is_refused() -> None:
    with pytest.raises(BadConfig):
        queue.task("test.lost", queue="nobody")(lambda: None)


def test_a_dead_worker_costs_less_than_a_minute() -> None:
    """Lease, then the scheduler's look, then the idle worker's."""
    looks = schedule.RECOVER_EVERY_TURNS * schedule.TURN_SECONDS + worker.WAIT_SECONDS
    assert ledger.LEASE_SECONDS + looks < 60
