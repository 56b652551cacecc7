"""
Derive and roll up days of the past anew, with progress; killed, the same command goes on.

A backfill is marks: it makes them once, then notes that it did, and works them off like any sweep.
Every other sweeper helps. The platform role makes the marks; the note is the application's own.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from string import Template
from uuid import UUID

import sqlalchemy as sa

from portal.core.calendar import Calendar, Period
from portal.core.db import db, platform_connection
from portal.core.ids import new_id
from portal.rollups import sweep as sweeping
from portal.rollups.build import calendars
from portal.rollups.expand import FACTS
from portal.rollups.marks import mark_days, mark_entities, mark_plan

UNFINISHED = """
SELECT id, started_at FROM backfills
WHERE client_id IS NOT DISTINCT FROM CAST(:client AS uuid) AND from_on = :from_on
  AND to_on = :to_on AND finished_at IS NULL
ORDER BY started_at DESC LIMIT 1
"""
BEGIN = """
INSERT INTO backfills (id, client_id, from_on, to_on, started_at)
VALUES (:id, :client, :from_on, :to_on, now()) RETURNING id, started_at
"""
FINISH = "UPDATE backfills SET finished_at = now() WHERE id = :id"
OPEN = """
SELECT (SELECT count(*) FROM entity_marks m WHERE m.marked_at <= :until
    AND (CAST(:client AS uuid) IS NULL OR m.client_id = :client)),
  (SELECT count(*) FROM (SELECT DISTINCT client_id, day FROM day_marks m
    WHERE day >= :from_on AND day < :to_on
      AND (CAST(:client AS uuid) IS NULL OR m.client_id = :client)) days)
"""

# What the facts of the period belong to.
ENTITIES = """
SELECT DISTINCT e.kind, e.ref FROM $table f
CROSS JOIN LATERAL (VALUES ('lead', f.lead_ref), ('contact', f.contact_ref),
  ('campaign', f.campaign_ref) $more) AS e(kind, ref)
WHERE f.client_id = :client AND f.occurred_at >= :start AND f.occurred_at < :end AND e.ref <> ''
"""
MORE = {
    "leads": ", ('lead', f.external_id)",
    "jobs": ", ('job', f.external_id)",
    "payments": ", ('payment', f.external_id), ('job', f.job_ref), ('payment', f.refund_of_ref)",
    "messages": ", ('conversation', f.conversation)",
    "campaigns": ", ('campaign', f.external_id)",
}
ACTORS = """
SELECT DISTINCT 'actor', e.ref FROM events f
CROSS JOIN LATERAL (VALUES (f.user_id), (f.anonymous_id), (f.previous_id)) AS e(ref)
WHERE f.client_id = :client AND f.occurred_at >= :start AND f.occurred_at < :end AND e.ref <> ''
"""


@dataclass(frozen=True)
class Backfill:
    """One that was begun."""

    id: UUID
    client_id: UUID | None
    period: Period
    started_at: datetime
    is_resumed: bool


@dataclass(frozen=True)
class Progress:
    """What is still to do."""

    entities: int
    days: int

    @property
    def is_done(self) -> bool:
        """Whether nothing is left."""
        return not (self.entities or self.days)


def begin(period: Period, client_id: UUID | None = None) -> Backfill:
    """Begin a backfill of all clients or one, or find the one of that period that was cut short."""
    binds = {"client": client_id, "from_on": period.start, "to_on": period.end}
    known = db.session.execute(sa.text(UNFINISHED), binds).one_or_none()
    db.session.commit()
    if known is not None:
        return Backfill(known[0], client_id, period, known[1], is_resumed=True)
    # Killed between the marks and the note, the next one marks again: no harm.
    with platform_connection(read_only=False) as connection:
        for one, calendar in calendars(connection).items():
            if client_id in (None, one):
                _mark(connection, one, calendar, period)
    made = db.session.execute(sa.text(BEGIN), {**binds, "id": new_id()}).one()
    db.session.commit()
    return Backfill(made[0], client_id, period, made[1], is_resumed=False)


def run(backfill: Backfill) -> Iterator[Progress]:
    """Work the backfill off, telling after each part what is left; the last is nothing."""
    while not (left := progress(backfill)).is_done:
        yield left
        swept = sweeping.sweep_part()
        if not (swept.entities or swept.days):
            time.sleep(sweeping.WAIT_SECONDS)  # another sweeper has it in hand
    db.session.execute(sa.text(FINISH), {"id": backfill.id})
    db.session.commit()
    yield left


def progress(backfill: Backfill) -> Progress:
    """Count what is still to do."""
    binds = {
        "client": backfill.client_id,
        "from_on": backfill.period.start,
        "to_on": backfill.period.end,
        "until": backfill.started_at,
    }
    with platform_connection() as connection:
        entities, days = connection.execute(sa.text(OPEN), binds).one()
    return Progress(entities, days)


def _mark(connection: sa.Connection, client_id: UUID, calendar: Calendar, period: Period) -> None:
    mark_days(connection, client_id, period)
    mark_entities(connection, client_id, entities(connection, client_id, calendar, period))
    mark_plan(connection, client_id)


def entities(
    connection: sa.Connection, client_id: UUID, calendar: Calendar, period: Period
) -> Sequence[tuple[str, str]]:
    """List the entities, as (kind, sender's id), that the facts of a period belong to."""
    start, _ = calendar.instants(period)
    # A turn or span may have begun in a fact of the days before.
    binds = {
        "client": client_id,
        "start": start,
        "end": calendar.start_of(period.end) + timedelta(days=8),
    }
    tables = ["leads", "campaigns", *FACTS]
    statements = [Template(ENTITIES).substitute(table=t, more=MORE.get(t, "")) for t in tables]
    found: set[tuple[str, str]] = set()
    for sql in [*statements, ACTORS]:
        found.update((row[0], row[1]) for row in connection.execute(sa.text(sql), binds))
    return sorted(found)
