"""Schedules are claimed in the database: two schedulers do each thing once, none is missed."""

import threading

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.core.db import db
from portal.core.queue import TASKS
from portal.models.task_runs import ScheduleTick, TaskRun
from portal.tasks.schedule import SCHEDULES, WATCHES, Schedule, claim

HOURLY = Schedule("test-hourly", "housekeeping.clear", 3600)
EACH = Schedule("test-each", "housekeeping.clear", 3600, catches_up=True)


@pytest.fixture(autouse=True)
def _clean(session: object) -> None:
    db.session.execute(sa.delete(ScheduleTick))
    db.session.execute(sa.delete(TaskRun))
    db.session.commit()


def ran() -> int:
    """Count the task runs that were asked for."""
    count = db.session.scalar(sa.select(sa.func.count()).select_from(TaskRun))
    db.session.commit()
    return count or 0


def test_a_period_is_claimed_once() -> None:
    assert (claim(HOURLY), claim(HOURLY)) == (1, 0)
    assert ran() == 1


def test_two_schedulers_at_once_do_each_thing_once(app: Flask) -> None:
    """Eight threads, each with a connection of its own."""
    start = threading.Barrier(8)

    def be_a_scheduler() -> None:
        with app.app_context():
            start.wait()
            claim(HOURLY)
            db.session.remove()

    threads = [threading.Thread(target=be_a_scheduler) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ran() == 1


@pytest.mark.parametrize(("schedule", "runs"), [(HOURLY, 1), (EACH, 5)])
def test_missed_periods_are_merged_or_caught_up(schedule: Schedule, runs: int) -> None:
    """Down for five hours: the one is run for now alone, the other for each hour."""
    db.session.execute(
        sa.text(
            "INSERT INTO schedule_ticks VALUES (:s,"
            " date_trunc('hour', now()) - interval '5 hours', now())"
        ),
        {"s": schedule.name},
    )
    db.session.commit()

    assert claim(schedule) == runs


def test_everything_on_the_table_exists() -> None:
    assert {entry.task for entry in (*SCHEDULES, *WATCHES)} <= set(TASKS)
    assert len({schedule.name for schedule in SCHEDULES}) == len(SCHEDULES)
