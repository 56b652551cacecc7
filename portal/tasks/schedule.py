"""The one table of what runs when, and the scheduler that claims it in PostgreSQL."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portal.actions import deliveries
from portal.core.db import db
from portal.core.errors import PortalError
from portal.core.queue import enqueue
from portal.core.settings import current_config
from portal.rollups import sweep
from portal.tasks import ledger

TURN_SECONDS = 1.0
RECOVER_EVERY_TURNS = 5
MOST_PERIODS = 400
"""So many missed periods are caught up at most."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Every:
    """Periods of equal length, counted in UTC."""

    seconds: int


@dataclass(frozen=True)
class Daily:
    """Each local day of the agency once, from `at` on its clock, whatever its zone does."""

    at: time


@dataclass(frozen=True)
class Schedule:
    """
    A task and its beat.

    Args:
        name: never changed, for it is in the ticks.
        task: what to run.
        beat: when its periods begin.
        catches_up: run each missed period, with `period` as argument; else only the present one,
            and that only if the one before is done.
    """

    name: str
    task: str
    beat: Every | Daily
    catches_up: bool = False


@dataclass(frozen=True)
class Watch:
    """A task that is run whenever a light question says that there is work."""

    task: str
    has_work: Callable[[], bool]


SCHEDULES = (
    Schedule("due-instants", "rollups.mark_due_instants", Every(15)),
    Schedule("tidy-ledger", "housekeeping.tidy_ledger", Every(3600)),
    Schedule("housekeeping", "housekeeping.clear", Daily(time(3, 10))),
)
WATCHES = (
    Watch("rollups.sweep", sweep.due),
    Watch("mails.deliver", deliveries.any_due),
)

_CLAIM = """
    WITH present AS (SELECT {present} AS period),
    last AS (SELECT max(tick.period) AS period FROM schedule_ticks tick, present
        WHERE schedule = :schedule AND tick.period <= present.period)
    INSERT INTO schedule_ticks (schedule, period, claimed_at)
    SELECT :schedule, due.period, now() FROM present, last, LATERAL (
        SELECT generate_series(
            CASE WHEN :catches_up AND last.period IS NOT NULL
                 THEN greatest(last.period + {step}, present.period - {most} * {step})
                 ELSE present.period END,
            present.period, {step}) AS period) AS due
    ON CONFLICT DO NOTHING RETURNING period
    """
_EVERY = sa.text(
    _CLAIM.format(
        present="date_bin(make_interval(secs => :seconds), now() AT TIME ZONE 'UTC', '2000-01-01')",
        step="make_interval(secs => :seconds)",
        most=MOST_PERIODS,
    )
)
# The local day whose `at` has come: within a gap it has come after it, in an overlap at the first.
_DAILY = sa.text(
    _CLAIM.format(
        present="date_trunc('day', (now() AT TIME ZONE :zone) - CAST(:at AS time)::interval)",
        step="interval '1 day'",
        most=MOST_PERIODS,
    )
)


def claim(schedule: Schedule) -> int:
    """Claim the periods of `schedule` that are due, with a task run for each; return how many."""
    periods = _claimed(schedule)
    for period in sorted(periods):
        if schedule.catches_up:
            at = period.isoformat()
            enqueue(schedule.task, key=f"{schedule.name} {at}", period=at)
        else:
            enqueue(schedule.task, key=schedule.name)
    db.session.commit()
    return len(periods)


def turn(number: int) -> None:
    """Do what a scheduler does each second; a part that fails does not stop the others."""
    _try(_ask_watches)
    for schedule in SCHEDULES:
        _try(partial(claim, schedule))
    if number % RECOVER_EVERY_TURNS == 0:
        _try(ledger.recover)


def keep_time(app: Flask, stop: threading.Event) -> None:
    """Be a scheduler until `stop` is set. Two at once do each thing once."""
    number = 0
    while not stop.wait(TURN_SECONDS):
        with app.app_context():
            turn(number)
            db.session.remove()
        number += 1


def _claimed(schedule: Schedule) -> list[datetime]:
    values: dict[str, object] = {"schedule": schedule.name, "catches_up": schedule.catches_up}
    match schedule.beat:
        case Every(seconds):
            found = db.session.execute(_EVERY, {**values, "seconds": seconds})
        case Daily(at):
            zone = current_config().agency_zone
            found = db.session.execute(_DAILY, {**values, "at": at, "zone": zone})
    return list(found.scalars())


def _ask_watches() -> None:
    for watch in WATCHES:
        if watch.has_work():
            enqueue(watch.task, key="watch")
            db.session.commit()


def _try(part: Callable[[], object]) -> None:
    try:
        part()
    except (SQLAlchemyError, PortalError) as error:
        db.session.rollback()
        log.warning("the scheduler will try again", extra={"error": type(error).__name__})
