"""Stores the movements and fees that a client's plan changes make."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from portal.core.calendar import Calendar
from portal.rollups.movements import Plan, fees, movements
from portal.rollups.scratch import DERIVED, Scratch

READ = """
SELECT id, effective_at, version, status, currency, unit_amount_minor, "interval", interval_count,
  quantity, discount_minor, discount_ends_at, trial_ends_at, resumes_at, ended_at, end_reason
FROM client_plan_changes WHERE client_id = :client
"""
OLD = """
INSERT INTO old_$table ($columns) SELECT $columns FROM $table WHERE client_id = :client
"""
NEW_MOVEMENTS = """
INSERT INTO new_plan_movements (day, currency, kind, amount_minor, reason)
SELECT * FROM unnest(CAST(:c0 AS date[]), CAST(:c1 AS text[]), CAST(:c2 AS text[]),
  CAST(:c3 AS bigint[]), CAST(:c4 AS text[]))
"""
NEW_FEES = """
INSERT INTO new_plan_fees (day, currency, amount_minor)
SELECT * FROM unnest(CAST(:c0 AS date[]), CAST(:c1 AS text[]), CAST(:c2 AS bigint[]))
"""
DAYS = "INSERT INTO moment_days (day) SELECT day FROM changed_$table"
TODAY = "INSERT INTO moment_days (day) VALUES (:today)"


def rebuild_plan(work: Scratch, agency: Calendar, own: Calendar) -> None:
    """Rebuild what the client pays us: movements by the agency's days, fees by its own."""
    plans = [Plan(*row) for row in work.ask(READ)]
    moved = movements(plans, agency, work.now)
    today = own.today(work.now)
    _store(work, "plan_movements", NEW_MOVEMENTS, [astuple(one) for one in moved])
    _store(work, "plan_fees", NEW_FEES, fees(moved, today))
    # Today's roll-up is how the clock knows which instants of a plan it has seen pass.
    work.run(TODAY, today=today)


def _store(work: Scratch, table: str, new: str, rows: Sequence[tuple[Any, ...]]) -> None:
    derived = DERIVED[table]
    work.run(OLD, table=table, columns=", ".join(derived.columns))
    if rows:
        work.run(new, **{f"c{n}": list(column) for n, column in enumerate(zip(*rows, strict=True))})
    if work.replace(derived):
        work.run(DAYS, table=table)
