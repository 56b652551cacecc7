"""
Rebuilds what is derived from the marked entities of one client, in one transaction.

Marks are deleted first and facts read afterwards, so a fact that is committed meanwhile keeps its
mark for the next sweep (docs/adr/0009).
"""

from uuid import UUID

from portal.catalog.calendars import calendar_of
from portal.core.calendar import FIRST_DAY, Calendar, CalendarSpan, now
from portal.core.db import db
from portal.core.settings import current_config
from portal.core.tenancy import acting_as
from portal.rollups.actors import resolve_actors
from portal.rollups.days import mark_touched_days
from portal.rollups.dimensions import compare_campaigns, compare_leads
from portal.rollups.expand import collect_due, name_leads, take_marks, touch_facts
from portal.rollups.hours import OpenHours
from portal.rollups.links import link_facts
from portal.rollups.meanings import read_meanings
from portal.rollups.placeholders import hold_places
from portal.rollups.plans import rebuild_plan
from portal.rollups.replies import rebuild_replies
from portal.rollups.scratch import Scratch, prepare
from portal.rollups.sessions import rebuild_sessions
from portal.rollups.settings import apply_settings, changed_settings
from portal.rollups.spans import rebuild_spans
from portal.rollups.steps import rebuild_steps
from portal.rollups.turns import rebuild_turns

MOST_ENTITIES = 30_000
"""Marks a transaction: it holds rows for a second or two, and memory in proportion."""

LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(CAST(:client AS text) || ' derive', 0))"
KINDS = "SELECT DISTINCT kind FROM marked"
BUSINESS_HOURS = "SELECT business_hours FROM clients WHERE id = :client"
# Room to hash, and small samples: working tables are analyzed each time that they are filled.
SETTINGS = "SET LOCAL work_mem = '64MB'; SET LOCAL default_statistics_target = 10"


def derive(client_id: UUID, most: int = MOST_ENTITIES) -> int:
    """
    Rebuild what the client's oldest entity marks name, and mark the days that this touches.

    Returns:
        How many entities; 0 when none is marked, or another process is at it.
    """
    with acting_as(client_id):
        work = begin(client_id)
        if not work.ask(LOCK).scalar_one() or not (taken := take_marks(work, most)):
            return 0
        rebuild(work)
        return taken


def begin(client_id: UUID) -> Scratch:
    """Prepare the working tables in the open transaction of the client in scope."""
    connection = db.session.connection()
    prepare(connection)
    connection.exec_driver_sql(SETTINGS)
    return Scratch(connection, client_id, now())


def rebuild(work: Scratch) -> None:
    """Rebuild what the working table `marked` names; mark the days touched."""
    kinds = {str(row[0]) for row in work.ask(KINDS)}
    calendar = calendar_of(work.client_id)
    changed = changed_settings(work)
    if kinds - {"actor", "plan"}:
        _link(work)
        apply_settings(work, calendar, changed)
        _rebuild_leads(work, calendar)
        _rebuild_conversations(work, calendar)
    if "actor" in kinds:
        resolve_actors(work)
        rebuild_sessions(work)
    if "plan" in kinds:
        rebuild_plan(work, agency_calendar(), calendar)
    mark_touched_days(work, calendar)


def agency_calendar() -> Calendar:
    """The agency's own days."""
    return Calendar([CalendarSpan(FIRST_DAY, current_config().agency_zone, 0, "")])


def _link(work: Scratch) -> None:
    hold_places(work)
    has_moved = compare_campaigns(work)
    name_leads(work)
    touch_facts(work, has_moved=has_moved)
    link_facts(work)
    collect_due(work)


def _rebuild_leads(work: Scratch, calendar: Calendar) -> None:
    rebuild_spans(work)
    rebuild_steps(work, read_meanings(work, calendar))
    compare_leads(work)


def _rebuild_conversations(work: Scratch, calendar: Calendar) -> None:
    schedule = work.ask(BUSINESS_HOURS).scalar_one()
    rebuild_turns(work, OpenHours(schedule, calendar))
    rebuild_replies(work)
