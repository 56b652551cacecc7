"""Clearing what nobody will ask for again."""

import sqlalchemy as sa

from portal.core.db import db
from portal.core.queue import task
from portal.tasks.ledger import Attempt

OLD = (
    "DELETE FROM task_runs WHERE state = 'done' AND finished_at < now() - interval '3 days'",
    # The newest tick of a schedule stays, for those that are caught up are counted from it.
    """DELETE FROM schedule_ticks t WHERE period_at < now() - interval '3 days' AND EXISTS (
    SELECT 1 FROM schedule_ticks n WHERE n.schedule = t.schedule AND n.period_at > t.period_at)""",
    "DELETE FROM user_sessions WHERE created_at < now() - interval '30 days'",
    "DELETE FROM mail_outbox WHERE state = 'sent' AND sent_at < now() - interval '90 days'",
)


@task("housekeeping.clear")
def clear(_attempt: Attempt) -> None:
    """Delete finished runs, old ticks, dead sessions and sent mails."""
    for statement in OLD:
        db.session.execute(sa.text(statement))
