"""Whole local days of facts into rollups, for many clients at once."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from portal.catalog import passes
from portal.catalog.family import Family
from portal.catalog.subjects import FAMILIES
from portal.core.calendar import Calendar, CalendarSpan
from portal.models.rollups import DIMENSIONS

ClientDay = tuple[UUID, date]

COLUMNS = ", ".join(("measure", "currency", *DIMENSIONS, "value"))
PAIRS = "unnest(CAST(:clients AS uuid[]), CAST(:days AS date[])) AS w(client_id, day)"
CALENDARS = """
SELECT client_id, from_on, zone, week_start, currency FROM client_calendars
ORDER BY client_id, from_on
"""
# Which of the pairs no other process is rolling up; the lock is held until the commit.
LOCK = f"""
SELECT client_id, day FROM (
  SELECT * FROM {PAIRS} ORDER BY client_id, day OFFSET 0
) w
WHERE pg_try_advisory_xact_lock(hashtextextended(CAST(client_id AS text) || day, 1))
"""  # noqa: S608 - our own constants
UNMARK = f"""
DELETE FROM day_marks m USING {PAIRS} WHERE m.client_id = w.client_id AND m.day = w.day
"""  # noqa: S608 - our own constants
EMPTY = f"""
DELETE FROM $table r USING {PAIRS} WHERE r.client_id = w.client_id AND r.day = w.day
"""  # noqa: S608 - our own constants
ROLLED = f"""
INSERT INTO rollup_days (client_id, day, version, rolled_at)
SELECT client_id, day, 1, now() FROM {PAIRS} ORDER BY client_id, day
ON CONFLICT (client_id, day) DO UPDATE
SET version = rollup_days.version + 1, rolled_at = excluded.rolled_at
"""  # noqa: S608 - our own constants
NOW = "SELECT now()"


def calendars(connection: sa.Connection) -> dict[UUID, Calendar]:
    """Read the calendars of all clients."""
    spans: dict[UUID, list[CalendarSpan]] = {}
    for client_id, *span in connection.execute(sa.text(CALENDARS)):
        spans.setdefault(client_id, []).append(CalendarSpan(*span))
    return {client_id: Calendar(found) for client_id, found in spans.items()}


def roll_up(
    connection: sa.Connection, pairs: Sequence[ClientDay], known: Mapping[UUID, Calendar]
) -> list[ClientDay]:
    """
    Replace the rollups of (client, day) pairs; the caller commits.

    Deletes their marks before it reads facts, and leaves out pairs that another process has in
    hand: their marks stay.

    Args:
        connection: as portal_platform, in a transaction at read committed.
        pairs: what to roll up.
        known: the calendars of their clients.

    Returns:
        The pairs that were rolled up.
    """
    taken = claim(connection, pairs)
    if not taken:
        return []
    binds = _binds(taken)
    connection.execute(sa.text(UNMARK), binds)
    for table in ("rollups", "rollup_hours"):
        connection.execute(sa.text(EMPTY.replace("$table", table)), binds)
    at = connection.execute(sa.text(NOW)).scalar_one()
    for family in FAMILIES.values():
        if passes.stored(family):
            insert(connection, family, taken, known, at)
    connection.execute(sa.text(ROLLED), binds)
    return taken


def claim(connection: sa.Connection, pairs: Sequence[ClientDay]) -> list[ClientDay]:
    """Lock those of the pairs that no other process has, until the transaction ends."""
    found = connection.execute(sa.text(LOCK), _binds(sorted(pairs)))
    return sorted((row[0], row[1]) for row in found)


def insert(
    connection: sa.Connection,
    family: Family,
    pairs: Sequence[ClientDay],
    known: Mapping[UUID, Calendar],
    at: datetime,
) -> None:
    """Count one family over whole days, and by hour what is kept so."""
    whole = f"INSERT INTO rollups (client_id, day, {COLUMNS}) {passes.select(family)}"
    connection.execute(sa.text(whole), {**intervals(pairs, known), "now": at})
    if family.hourly:
        hours = passes.select(family, hourly=True)
        by_hour = f"INSERT INTO rollup_hours (client_id, day, hour_at, {COLUMNS}) {hours}"
        connection.execute(sa.text(by_hour), {**hourly(pairs, known), "now": at})


def intervals(
    pairs: Sequence[ClientDay], known: Mapping[UUID, Calendar]
) -> dict[str, list[object]]:
    """Give the binds of a pass over whole days."""
    return {
        **_binds(pairs),
        "starts": [known[client].start_of(day) for client, day in pairs],
        "ends": [known[client].start_of(day + timedelta(days=1)) for client, day in pairs],
    }


def hourly(pairs: Sequence[ClientDay], known: Mapping[UUID, Calendar]) -> dict[str, list[object]]:
    """Give the binds of a pass over the local hours of days."""
    rows = [
        (client, day, start, end)
        for client, day in pairs
        for start, end in passes.hours_of(known[client], day)
    ]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
    return dict(zip(("clients", "days", "starts", "ends"), columns, strict=True))


def _binds(pairs: Sequence[ClientDay]) -> dict[str, list[object]]:
    return {"clients": [client for client, _ in pairs], "days": [day for _, day in pairs]}
