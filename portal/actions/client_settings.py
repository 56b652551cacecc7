"""What a client's owner or an admin may change of it: name, looks, days, opening hours."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from portal.actions import audit
from portal.actions.clients import MOST_NAME, TRADES, Terms, check_terms
from portal.core.calendar import Calendar
from portal.core.db import db
from portal.core.errors import Conflict, Refused
from portal.models.clients import Client, ClientCalendar
from portal.rollups.marks import mark_calendar, mark_hours

COLOR = re.compile(r"#[0-9a-fA-F]{6}")
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
DAYS = 7

Hours = Mapping[int, tuple[str, str]]
"""Opening and closing time by weekday, Monday 0; a day that is missing is closed."""


def load(client_id: UUID, version: int | None = None) -> Client:
    """
    Load a client for a change, locked.

    Raises:
        Conflict: it is no longer the version that the form was filled in for.
    """
    client = db.session.get_one(Client, client_id, with_for_update=True, populate_existing=True)
    if version is not None and client.version != version:
        raise Conflict("Somebody else changed this client meanwhile. Look again, then save.")
    return client


def change_profile(client: Client, *, name: str, trade: str, color: str) -> None:
    """
    Change name, trade and colour; the caller acts as the client and commits.

    Raises:
        Refused: a value that no client may have.
    """
    if not 0 < len(name.strip()) <= MOST_NAME or not name.isprintable():
        raise Refused(f"A name has 1 to {MOST_NAME} characters.", field="name")
    if trade not in TRADES:
        raise Refused(f"A trade is {', '.join(TRADES)}.", field="trade")
    if color and not COLOR.fullmatch(color):
        raise Refused("A colour is written like #0F766E.", field="color")
    client.name, client.trade, client.color = name.strip(), trade, color.lower()
    client.version += 1
    audit.record("client.profile_changed", client.slug, name=client.name, color=client.color)


def change_calendar(client: Client, terms: Terms, calendar: Calendar, from_on: date) -> None:
    """
    Change zone, week start and currency from local day `from_on`; earlier days keep theirs.

    Raises:
        Refused: a zone or currency that is none, or a day before the present calendar began.
    """
    check_terms(terms)
    now = calendar.spans[-1]
    if from_on < now.from_on:
        raise Refused(f"The present days began on {now.from_on}.", field="from_on")
    if (now.zone, now.week_start, now.currency) == (terms.zone, terms.week_start, terms.currency):
        return
    row = db.session.get(ClientCalendar, (client.id, from_on))
    if row is None:
        row = ClientCalendar(client_id=client.id, from_on=from_on)
        db.session.add(row)
    row.zone, row.week_start, row.currency = terms.zone, terms.week_start, terms.currency
    client.version += 1
    db.session.flush()
    mark_calendar(db.session.connection(), client.id, from_on)
    audit.record(
        "client.calendar_changed",
        client.slug,
        zone=terms.zone,
        currency=terms.currency,
        from_on=from_on.isoformat(),
    )


def change_hours(client: Client, hours: Hours) -> None:
    """
    Change the opening hours; none at all means always open.

    Raises:
        Refused: a time that is none, or a day that closes before it opens.
    """
    made: dict[str, list[list[str]]] = {}
    for day, (opens, closes) in hours.items():
        if not (CLOCK.fullmatch(opens) and CLOCK.fullmatch(closes)) or opens >= closes:
            raise Refused("Hours run from an earlier to a later time.", field=f"day_{day}")
        made[str(day)] = [[opens, closes]]
    client.business_hours = made
    client.version += 1
    db.session.flush()
    mark_hours(db.session.connection(), client.id)
    audit.record("client.hours_changed", client.slug)


def hours_of(client: Client) -> list[tuple[str, str] | None]:
    """Give the first interval of each weekday, Monday first; None where it is closed."""
    found: Sequence[list[list[str]]] = [
        client.business_hours.get(str(day), []) for day in range(DAYS)
    ]
    return [(one[0][0], one[0][1]) if one else None for one in found]


def spans_of(client_id: UUID) -> Sequence[ClientCalendar]:
    """List the client's calendars, oldest first; the caller acts as it."""
    return db.session.scalars(
        sa.select(ClientCalendar)
        .where(ClientCalendar.client_id == client_id)
        .order_by(ClientCalendar.from_on)
    ).all()
