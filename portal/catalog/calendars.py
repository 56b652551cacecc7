"""The client's own days, read from the rows that say which zone held when."""

from uuid import UUID

import sqlalchemy as sa

from portal.core.calendar import Calendar, CalendarSpan
from portal.core.db import db
from portal.core.errors import NotFound
from portal.models.clients import ClientCalendar


def calendar_of(client_id: UUID) -> Calendar:
    """
    Read the calendar of the client in scope.

    Raises:
        NotFound: it has none, so nothing of it can be counted.
    """
    rows = db.session.execute(
        sa.select(
            ClientCalendar.from_on,
            ClientCalendar.zone,
            ClientCalendar.week_start,
            ClientCalendar.currency,
        )
        .where(ClientCalendar.client_id == client_id)
        .order_by(ClientCalendar.from_on)
    ).all()
    if not rows:
        raise NotFound("this client has no calendar")
    return Calendar([CalendarSpan(*row) for row in rows])
