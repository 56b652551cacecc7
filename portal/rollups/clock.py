"""
What becomes due by the clock alone: no new fact says so.

A response grows past a threshold, a conversation past its seven days, a plan past one of its dates,
and each client's day begins. Nothing is remembered between sweeps but when each day was last rolled
up, so a pause of any length loses nothing.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from uuid import UUID

import sqlalchemy as sa

from portal.core.calendar import Calendar, Period, now
from portal.rollups.build import ClientDay, intervals
from portal.rollups.marks import mark_days, mark_entities, mark_plan

THRESHOLD_MINUTES = (1, 5, 15, 60, 7 * 24 * 60)
LOOK_BACK_DAYS = 8
"""The longest threshold, and the day in which it ends."""

# Pending for seven days: closed as unanswered when rebuilt.
OVERDUE = """
SELECT DISTINCT client_id, conversation FROM turns
WHERE ended_at IS NULL AND started_at <= CAST(:now AS timestamptz) - interval '168 hours'
ORDER BY client_id
"""
# A day whose turns or leads passed a threshold since it was rolled up.
GROWN = """
SELECT w.client_id, w.day
FROM unnest(CAST(:clients AS uuid[]), CAST(:days AS date[]), CAST(:starts AS timestamptz[]),
  CAST(:ends AS timestamptz[])) AS w(client_id, day, starts_at, ends_at)
JOIN rollup_days r ON r.client_id = w.client_id AND r.day = w.day
WHERE EXISTS (
  SELECT FROM unnest(CAST(:minutes AS int[])) AS threshold(minutes)
  CROSS JOIN LATERAL (SELECT
    greatest(w.starts_at, r.rolled_at - make_interval(mins => threshold.minutes)) AS after,
    least(w.ends_at, CAST(:now AS timestamptz) - make_interval(mins => threshold.minutes)) AS until
  ) passed
  WHERE passed.after < passed.until AND (
    EXISTS (SELECT FROM turns t WHERE t.client_id = w.client_id
      AND t.started_at >= passed.after AND t.started_at <= passed.until)
    OR EXISTS (SELECT FROM leads l WHERE l.client_id = w.client_id
      AND l.occurred_at >= passed.after AND l.occurred_at <= passed.until))
)
ORDER BY w.client_id
"""
# A plan's own dates that came since today was last rolled up.
PLANS = """
SELECT DISTINCT p.client_id
FROM client_plan_changes p
JOIN unnest(CAST(:clients AS uuid[]), CAST(:days AS date[])) AS w(client_id, day)
  ON w.client_id = p.client_id
LEFT JOIN rollup_days r ON r.client_id = w.client_id AND r.day = w.day
CROSS JOIN LATERAL (VALUES (p.effective_at), (p.trial_ends_at), (p.discount_ends_at),
  (p.resumes_at), (p.ended_at)) AS own(at)
WHERE own.at <= CAST(:now AS timestamptz) AND (r.rolled_at IS NULL OR own.at > r.rolled_at)
"""
BEGUN = """
SELECT w.client_id, w.day
FROM unnest(CAST(:clients AS uuid[]), CAST(:days AS date[])) AS w(client_id, day)
LEFT JOIN rollup_days r ON r.client_id = w.client_id AND r.day = w.day
WHERE r.day IS NULL
"""
IS_OPEN = "SELECT EXISTS (SELECT FROM day_marks) OR EXISTS (SELECT FROM entity_marks)"


def is_open(connection: sa.Connection) -> bool:
    """Whether any mark waits."""
    return bool(connection.execute(sa.text(IS_OPEN)).scalar_one())


def mark_due(connection: sa.Connection, known: Mapping[UUID, Calendar]) -> int:
    """
    Mark what the clock alone made due.

    Args:
        connection: as portal_platform, writable.
        known: the calendars of all clients.

    Returns:
        How many marks were made.
    """
    at = now()
    todays = [(client, calendar.today(at)) for client, calendar in sorted(known.items())]
    if not todays:
        return 0
    return (
        _mark_overdue(connection, at)
        + _mark_grown(connection, known, todays, at)
        + _mark_begun(connection, todays)
        + _mark_plans(connection, todays, at)
    )


def _mark_overdue(connection: sa.Connection, at: datetime) -> int:
    rows = connection.execute(sa.text(OVERDUE), {"now": at}).all()
    for client_id, own in groupby(rows, key=itemgetter(0)):
        mark_entities(connection, client_id, [("conversation", row[1]) for row in own])
    return len(rows)


def _mark_grown(
    connection: sa.Connection,
    known: Mapping[UUID, Calendar],
    todays: list[ClientDay],
    at: datetime,
) -> int:
    pairs = [
        (client, day)
        for client, today in todays
        for day in Period(today - timedelta(days=LOOK_BACK_DAYS), today + timedelta(days=1))
    ]
    binds = {**intervals(pairs, known), "now": at, "minutes": list(THRESHOLD_MINUTES)}
    return _mark(connection, GROWN, binds)


def _mark_begun(connection: sa.Connection, todays: list[ClientDay]) -> int:
    return _mark(connection, BEGUN, _binds(todays))


def _mark_plans(connection: sa.Connection, todays: list[ClientDay], at: datetime) -> int:
    clients = connection.execute(sa.text(PLANS), {**_binds(todays), "now": at}).scalars().all()
    for client_id in clients:
        mark_plan(connection, client_id)
    return len(clients)


def _mark(connection: sa.Connection, sql: str, binds: Mapping[str, object]) -> int:
    rows = connection.execute(sa.text(sql), binds).all()
    for client_id, own in groupby(sorted((r[0], r[1]) for r in rows), key=itemgetter(0)):
        mark_days(connection, client_id, [day for _, day in own])
    return len(rows)


def _binds(pairs: list[ClientDay]) -> dict[str, list[object]]:
    return {"clients": [client for client, _ in pairs], "days": [day for _, day in pairs]}
