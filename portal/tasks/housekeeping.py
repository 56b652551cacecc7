"""Clearing what nobody will ask for again."""

import sqlalchemy as sa

from portal.core.db import db
from portal.core.queue import task
from portal.tasks.ledger import Attempt

LEDGER = (
    # What runs all the time would bury the rest.
    """DELETE FROM task_runs WHERE state = 'done' AND finished_at < now() - CASE
    WHEN task IN ('rollups.sweep', 'rollups.mark_due_instants', 'mails.deliver')
    THEN interval '1 hour' ELSE interval '7 days' END""",
    "DELETE FROM task_runs WHERE state = 'dead' AND finished_at < now() - interval '90 days'",
    # The newest tick of a schedule stays, for those that are caught up are counted from it.
    """DELETE FROM schedule_ticks old WHERE claimed_at < now() - interval '7 days' AND EXISTS (
    SELECT FROM schedule_ticks new
    WHERE new.schedule = old.schedule AND new.period > old.period)""",
)
PEOPLE = (
    "DELETE FROM user_sessions WHERE created_at < now() - interval '30 days'",
    "DELETE FROM proofs WHERE expires_at < now() - interval '30 days'",
    """DELETE FROM mail_outbox WHERE state IN ('sent', 'dropped')
    AND created_at < now() - interval '90 days'""",
)


@task("housekeeping.tidy_ledger", timeout_seconds=120)
def tidy_ledger(_attempt: Attempt) -> None:
    """Delete runs that are done, dead ones that nobody looked at, and old ticks."""
    _execute(LEDGER)


@task("housekeeping.clear", timeout_seconds=120)
def clear(_attempt: Attempt) -> None:
    """Delete sessions and links that ended long ago, and mails that were sent."""
    _execute(PEOPLE)


def _execute(statements: tuple[str, ...]) -> None:
    for statement in statements:
        db.session.execute(sa.text(statement))
