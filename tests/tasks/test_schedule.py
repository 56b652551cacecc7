"""Schedules are claimed in the database: two schedulers do each thing once, none is missed."""

import threading
import time as clock
from datetime import datetime, time, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.core.db import db
from portal.core.queue import TASKS
from portal.models.clients import Client
from portal.models.task_runs import ScheduleTick, TaskRun
from portal.tasks import schedule
from portal.tasks.schedule import SCHEDULES, WATCHES, Daily, Every, Schedule, claim
from tests.tasks.conftest import Start

HOURLY = Schedule("test-hourly", "test.note", Every(3600))
EACH = Schedule("test-each", "test.note", Every(3600), catches_up=True)
DAILY = Schedule("test-daily", "test.note", Daily(time(2, 30)))

pytestmark = pytest.mark.usefixtures("ledger_emptied")


def runs() -> list[TaskRun]:
    """List what was asked for."""
    found = list(db.session.scalars(sa.select(TaskRun).order_by(TaskRun.id)))
    db.session.commit()
    return found


def tick(schedule_name: str, ago: str) -> None:
    """Note that a period of an hourly schedule was claimed some time ago."""
    db.session.execute(
        sa.text(
            "INSERT INTO schedule_ticks VALUES (:s, date_trunc('hour', now() AT TIME ZONE 'UTC')"
            " - CAST(:ago AS interval), now())"
        ),
        {"s": schedule_name, "ago": ago},
    )
    db.session.commit()


def test_a_period_is_claimed_once() -> None:
    assert (claim(HOURLY), claim(HOURLY)) == (1, 0)
    assert len(runs()) == 1


def test_two_schedulers_at_once_do_each_thing_once(app: Flask) -> None:
    """Eight threads, each with a connection of its own."""
    start = threading.Barrier(4)

    def be_a_scheduler() -> None:
        with app.app_context():
            start.wait()
            claim(EACH)
            db.session.remove()

    tick(EACH.name, "5 hours")
    threads = [threading.Thread(target=be_a_scheduler) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(runs()) == 5


@pytest.mark.parametrize(("beat", "wanted"), [(HOURLY, 1), (EACH, 5)])
def test_missed_periods_are_merged_or_caught_up(beat: Schedule, wanted: int) -> None:
    """Down for five hours: the one is run for now alone, the other for each hour."""
    tick(beat.name, "5 hours")

    assert claim(beat) == wanted
    assert len(runs()) == wanted


def test_who_catches_up_is_told_which_period_it_is() -> None:
    tick(EACH.name, "3 hours")
    claim(EACH)
    periods = [datetime.fromisoformat(run.arguments["period"]) for run in runs()]

    assert periods == sorted(periods)
    assert periods[1] - periods[0] == timedelta(hours=1)


def test_a_run_that_is_still_busy_is_not_asked_for_again() -> None:
    claim(HOURLY)
    db.session.execute(sa.delete(ScheduleTick))
    db.session.commit()

    assert claim(HOURLY) == 1
    assert len(runs()) == 1


def test_a_clock_that_was_wrong_for_a_while_stops_nothing() -> None:
    """A year ahead and back again: what was claimed then is no longer waited for."""
    tick(HOURLY.name, "-1 year")
    tick(EACH.name, "-1 year")

    assert claim(HOURLY) == 1
    assert claim(EACH) == 1


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("Europe/Berlin", ["2026-03-29", "2026-10-25"]),  # 02:30 does not exist; it comes twice
        ("Australia/Lord_Howe", ["2026-10-04", "2026-04-05"]),  # half an hour
        ("Asia/Kathmandu", ["2026-02-28", "2026-12-31"]),
    ],
)
def test_a_local_day_comes_once(zone: str, days: list[str]) -> None:
    """The scheduler asks every ten minutes for three days around each: one claim a local day."""
    asked = schedule._DAILY.text.replace("now()", "at.instant")  # noqa: SLF001 - its clock is ours
    present = asked.split("SELECT ")[1].split(" AS period")[0]
    for day in days:
        found = db.session.execute(
            sa.text(
                f"SELECT {present} AS period, count(*), min(at.instant AT TIME ZONE :zone)::time"
                " FROM generate_series(CAST(:day AS timestamp) AT TIME ZONE :zone"
                " - interval '1 day', CAST(:day AS timestamp) AT TIME ZONE :zone"
                " + interval '2 days', interval '10 minutes') AS at(instant)"
                " GROUP BY 1 ORDER BY 1"
            ),
            {"zone": zone, "day": day, "at": time(2, 30)},
        ).all()
        periods = [period for period, _, _ in found]
        assert all(period.time() == time(0) for period in periods)
        assert len(set(periods)) == len(periods)
        assert {began for _, _, began in found[1:]} <= {time(2, 30), time(3)}


def test_a_daily_schedule_is_claimed_once_a_day() -> None:
    assert (claim(DAILY), claim(DAILY)) == (1, 0)


def test_everything_on_the_table_exists() -> None:
    assert {entry.task for entry in (*SCHEDULES, *WATCHES)} <= set(TASKS)
    assert len({entry.name for entry in SCHEDULES}) == len(SCHEDULES)


def test_a_part_that_fails_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Schedule("test-broken", "no.such_task", Every(3600))
    monkeypatch.setattr(schedule, "SCHEDULES", (broken, HOURLY))
    schedule.turn(0)

    assert [run.key for run in runs() if run.task == "test.note"] == [HOURLY.name]


def test_two_scheduler_processes_ask_for_each_thing_once(start: Start, acme: Client) -> None:
    """Killed and started again in between, too."""
    first, _ = start("scheduler"), start("scheduler")
    deadline = clock.monotonic() + 20
    names = {entry.name for entry in SCHEDULES}
    while not names <= {run.key for run in runs()} and clock.monotonic() < deadline:
        clock.sleep(0.1)
    first.kill()
    start("scheduler")
    clock.sleep(3)

    keys = [run.key for run in runs() if run.key in names]
    ticks = db.session.scalars(sa.select(ScheduleTick.schedule)).all()
    db.session.commit()
    assert sorted(keys) == sorted(names)
    assert len(ticks) <= len(names) + 1  # a new quarter of a minute may have begun
