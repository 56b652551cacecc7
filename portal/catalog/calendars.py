"""The client's own days, read from the rows that say which zone held when."""

from uuid import UUID

import sqlalchemy as sa

from portal.core.calendar import Calendar, CalendarSpan
from portal.core.db import db
from portal.core.errors import NotFound

# As text: every ingest and every page asks, and building the statement took longer than running it.
SPANS = sa.text(
    "SELECT from_on, zone, week_start, currency FROM client_calendars"
    " WHERE client_id = :client_id ORDER BY from_on"
)


def calendar_of(client_id: UUID) -> Calendar:
    """
    Read the calendar of the client in scope.

    Raises:
        NotFound: it has none, so nothing of it can be counted.
    """
    rows = db.session.connection().execute(SPANS, {"client_id": client_id}).all()
    if not rows:
        raise NotFound("this client has no calendar")
    return Calendar([CalendarSpan(*row) for row in rows])
