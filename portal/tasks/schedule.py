"""The one table of what runs when, and the scheduler that claims it in PostgreSQL."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portal.actions import deliveries
from portal.core.db import db
from portal.core.errors import PortalError
from portal.core.queue import TASKS, enqueue, push
from portal.rollups import sweep
from portal.tasks import ledger

DAY = 86_400
TURN_SECONDS = 1.0
RELAY_EVERY_TURNS = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Schedule:
    """
    A task and its beat.

    Args:
        name: never changed, for it is in the ticks.
        task: what to run.
        every_seconds: the length of a period; periods start at multiples of it since 1970.
        catches_up: run each missed period, else only the one that is now.
    """

    name: str
    task: str
    every_seconds: int
    catches_up: bool = False


@dataclass(frozen=True)
class Watch:
    """A task that is run whenever a light question says that there is work."""

    task: str
    has_work: Callable[[], bool]


SCHEDULES = (
    Schedule("due-instants", "rollups.mark_due_instants", 60),
    Schedule("housekeeping", "housekeeping.clear", DAY),
)
WATCHES = (
    Watch("rollups.sweep", sweep.due),
    Watch("mails.deliver", deliveries.any_due),
)

_CLAIM = sa.text(
    """
    WITH last AS (SELECT max(period_at) AS at FROM schedule_ticks WHERE schedule = :schedule),
    present AS (SELECT to_timestamp(floor(extract(epoch FROM now()) / :every) * :every) AS at)
    INSERT INTO schedule_ticks (schedule, period_at, claimed_at)
    SELECT :schedule, due.at, now() FROM present, last, LATERAL (
        SELECT generate_series(
            CASE WHEN :catches_up AND last.at IS NOT NULL
                 THEN greatest(last.at + make_interval(secs => :every),
                               present.at - make_interval(secs => 400 * :every))
                 ELSE present.at END,
            present.at, make_interval(secs => :every)) AS at) AS due
    ON CONFLICT DO NOTHING RETURNING period_at
    """
)


def claim(schedule: Schedule) -> int:
    """Claim the periods of `schedule` that are due, with a task run for each; return how many."""
    values = {
        "schedule": schedule.name,
        "every": schedule.every_seconds,
        "catches_up": schedule.catches_up,
    }
    periods = db.session.execute(_CLAIM, values).scalars().all()
    for period in periods:
        enqueue(schedule.task, key=f"{schedule.name}-{period:%Y%m%dT%H%M%S}")
    db.session.commit()
    return len(periods)


def turn(number: int) -> None:
    """Do what a scheduler does each second; a part that fails does not stop the others."""
    _try(_ask_watches)
    for schedule in SCHEDULES:
        _try(partial(claim, schedule))
    if number % RELAY_EVERY_TURNS == 0:
        _try(ledger.recover)
        _try(_relay)


def keep_time(app: Flask, stop: threading.Event) -> None:
    """Be a scheduler until `stop` is set. Two at once do each thing once."""
    number = 0
    while not stop.wait(TURN_SECONDS):
        with app.app_context():
            turn(number)
            db.session.remove()
        number += 1


def _ask_watches() -> None:
    for watch in WATCHES:
        if watch.has_work():
            enqueue(watch.task, key="watch")
            db.session.commit()


def _relay() -> None:
    """Wake workers for runs whose wake-up was lost."""
    for run_id, name in ledger.overdue():
        push(TASKS[name], run_id)


def _try(part: Callable[[], object]) -> None:
    try:
        part()
    except (SQLAlchemyError, PortalError) as error:
        db.session.rollback()
        log.warning("the scheduler will try again: %s", type(error).__name__)
