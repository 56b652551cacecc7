"""Clients: made with their calendar, paused, resumed, let go."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import sqlalchemy as sa
from babel.numbers import list_currencies
from sqlalchemy.exc import IntegrityError

from portal.actions import audit
from portal.core.calendar import is_zone, now
from portal.core.db import db
from portal.core.errors import Conflict, NotFound, Refused
from portal.core.ids import new_id
from portal.core.tenancy import acting_as
from portal.models.clients import Client, ClientCalendar, ClientStatusChange

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")
MOST_NAME = 80
FIRST_DAY = date(1970, 1, 1)
TRADES = ("contractor", "clinic", "fund", "outreach")
STATUSES = ("active", "paused", "churned")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
RESERVED = frozenset({"admin", "api", "new", "static"})


@dataclass(frozen=True, slots=True)
class Terms:
    """What a client's days and money are."""

    zone: str
    currency: str = "EUR"
    week_start: int = 0


def create(
    slug: str,
    name: str,
    terms: Terms,
    *,
    trade: str = "contractor",
    active_from: datetime | None = None,
) -> Client:
    """
    Make an active client with its calendar, and commit.

    Raises:
        Refused: a name, zone, currency or weekday that no client may have.
        Conflict: the slug is taken, or was.
    """
    _check(slug, name, terms, trade)
    at = now()
    client = Client(id=new_id(), slug=slug, name=name.strip(), trade=trade, created_at=at)
    with acting_as(client.id):
        db.session.add(client)
        try:
            db.session.flush()
        except IntegrityError:
            raise Conflict(f"The short name {slug!r} is taken.") from None
        db.session.add(_calendar(client.id, terms))
        db.session.add(_status(client.id, "active", active_from or at, ""))
        audit.record("client.created", slug, zone=terms.zone, currency=terms.currency)
    return client


def set_status(client_id: UUID, status: str, *, reason: str = "") -> None:
    """
    Note that a client is active, paused or churned from now on; the caller acts as it and commits.

    Raises:
        Refused: another word.
    """
    if status not in STATUSES:
        raise Refused(f"A client is {', '.join(STATUSES)}.", field="status")
    if status_of(client_id) != status:
        db.session.add(_status(client_id, status, now(), reason.strip()[:400]))
        audit.record(f"client.{status}", reason=reason.strip()[:400])


def status_of(client_id: UUID) -> str:
    """Give a client's present status; the caller acts as it."""
    statement = (
        sa.select(ClientStatusChange.status)
        .where(ClientStatusChange.client_id == client_id, ClientStatusChange.at <= now())
        .order_by(ClientStatusChange.at.desc(), ClientStatusChange.id.desc())
        .limit(1)
    )
    return db.session.execute(statement).scalar_one_or_none() or "active"


def by_slug(slug: str) -> Client:
    """
    Find a client by its short name.

    Raises:
        NotFound: there is none.
    """
    found = db.session.scalars(sa.select(Client).where(Client.slug == slug)).one_or_none()
    if found is None:
        raise NotFound(f"There is no client {slug!r}.")
    return found


def every() -> Sequence[Client]:
    """List all clients by name."""
    return db.session.scalars(sa.select(Client).order_by(Client.name, Client.slug)).all()


def weekday(text: str) -> int:
    """
    Read a weekday: 0 (Monday) to 6, or its English name or the start of it.

    Raises:
        Refused: it is none.
    """
    if text.isdecimal() and int(text) < len(WEEKDAYS):
        return int(text)
    found = [at for at, name in enumerate(WEEKDAYS) if name.startswith(text.strip().lower())]
    if len(found) != 1:
        raise Refused("A week starts on monday … sunday, or 0 … 6.", field="week_start")
    return found[0]


def check_terms(terms: Terms) -> None:
    """
    Let through what a calendar may hold.

    Raises:
        Refused: names the field.
    """
    if not is_zone(terms.zone):
        raise Refused(
            f"{terms.zone[:80]!r} is no time zone; one looks like Europe/Berlin.", field="zone"
        )
    if terms.currency not in list_currencies():
        raise Refused("A currency is a code of ISO 4217, such as EUR.", field="currency")
    if terms.week_start not in range(7):
        raise Refused("A week starts on 0 (Monday) … 6 (Sunday).", field="week_start")


def _check(slug: str, name: str, terms: Terms, trade: str) -> None:
    if not SLUG.fullmatch(slug) or slug in RESERVED:
        raise Refused("A short name has 1 to 48 of a-z, 0-9 and -, not at its ends.", field="slug")
    if not 0 < len(name.strip()) <= MOST_NAME or not name.isprintable():
        raise Refused(f"A name has 1 to {MOST_NAME} characters.", field="name")
    if trade not in TRADES:
        raise Refused(f"A trade is {', '.join(TRADES)}.", field="trade")
    check_terms(terms)


def _calendar(client_id: UUID, terms: Terms) -> ClientCalendar:
    return ClientCalendar(
        client_id=client_id,
        from_on=FIRST_DAY,
        zone=terms.zone,
        week_start=terms.week_start,
        currency=terms.currency,
    )


def _status(client_id: UUID, status: str, at: datetime, reason: str) -> ClientStatusChange:
    return ClientStatusChange(
        client_id=client_id,
        id=new_id(),
        at=at.astimezone(UTC),
        status=status,
        reason=reason,
        created_at=now(),
    )
