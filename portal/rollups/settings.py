"""What a changed setting of a client makes due: zone, business hours, meaning of stages."""

from collections.abc import Collection
from datetime import date, timedelta

from portal.core.calendar import Calendar, Period
from portal.rollups.scratch import Scratch

CONVERSATIONS = """
INSERT INTO due_conversations (conversation)
SELECT conversation FROM turns WHERE client_id = :client AND started_at >= :since
EXCEPT SELECT conversation FROM due_conversations
"""
LEADS = """
INSERT INTO due_leads (id)
SELECT lead_id FROM lead_spans WHERE client_id = :client AND aspect = 'stage'
EXCEPT SELECT id FROM due_leads
"""
DAYS = """
INSERT INTO moment_days (day) SELECT unnest(CAST(:days AS date[]))
"""
LAST_DAY = "SELECT max(day) FROM rollup_days WHERE client_id = :client"
MARKED = "SELECT kind, ref FROM marked WHERE kind IN ('calendar', 'hours', 'meanings', 'plan')"

A_WEEK = timedelta(days=8)


def changed_settings(work: Scratch) -> set[tuple[str, str]]:
    """Tell which settings are marked, as (kind, ref)."""
    return {(row[0], row[1]) for row in work.ask(MARKED)}


def apply_settings(work: Scratch, calendar: Calendar, changed: Collection[tuple[str, str]]) -> None:
    """Add what changed settings make due to what is due already."""
    froms = [date.fromisoformat(ref) for kind, ref in changed if kind == "calendar"]
    kinds = {kind for kind, _ in changed}
    if froms:
        _renew_days(work, calendar, min(froms))
    if "hours" in kinds:
        work.run(CONVERSATIONS, "due_conversations", since=calendar.start_of(date(1900, 1, 1)))
    if froms or "meanings" in kinds:
        work.run(LEADS, "due_leads")


def _renew_days(work: Scratch, calendar: Calendar, from_on: date) -> None:
    """From the day before, whose end moved, up to the last that has numbers."""
    since = calendar.start_of(from_on) - A_WEEK
    work.run(CONVERSATIONS, "due_conversations", since=since)
    start = from_on - timedelta(days=1)
    known = work.ask(LAST_DAY).scalar_one()
    last = max(known or start, calendar.today(work.now)) + timedelta(days=2)
    if last > start:
        work.run(DAYS, days=list(Period(start, last)))
