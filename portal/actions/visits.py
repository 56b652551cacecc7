"""Who is behind a cookie, and what they are to the client in the URL: one statement a request."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from portal.core import single
from portal.core.calendar import now
from portal.core.rights import Role, role_for
from portal.core.sealing import digest
from portal.models.clients import Client

COOKIE = re.compile(r"[A-Za-z0-9_-]{43}")
WHOLE_LIFE = timedelta(hours=12)
HALF_LIFE = timedelta(minutes=10)
SEEN_EVERY = timedelta(minutes=1)

_CLIENT = (
    "id", "slug", "name", "trade", "color", "logo_id", "business_hours", "version", "created_at",
)  # fmt: skip

_READ = f"""
SELECT s.id, s.user_id, s.is_half, s.created_at, s.seen_at,
       s.view_client_id, s.view_role, s.view_until,
       u.email, u.name, u.agency_role, u.theme, u.totp_confirmed_at,
       m.role, {", ".join(f"c.{column}" for column in _CLIENT)}
FROM user_sessions s
JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL
LEFT JOIN clients c ON c.slug = %s
LEFT JOIN memberships m ON m.client_id = c.id AND m.user_id = s.user_id
WHERE s.hash = %s AND s.ended_at IS NULL
"""  # noqa: S608 - nothing in it comes from outside

_SEEN = "UPDATE user_sessions SET seen_at = %s WHERE id = %s AND seen_at < %s"


class _Row(NamedTuple):
    id: UUID
    user_id: UUID
    is_half: bool
    created_at: datetime
    seen_at: datetime
    view_client_id: UUID | None
    view_role: str
    view_until: datetime | None
    email: str
    name: str
    agency_role: str
    theme: str
    totp_confirmed_at: datetime | None
    role: str | None


@dataclass(frozen=True)
class Person:
    """Whoever is signed in, as pages see them; what Flask-Login calls a user."""

    id: UUID
    email: str
    name: str
    agency_role: str
    theme: str
    has_totp: bool
    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False

    def get_id(self) -> str:
        """Name the person to Flask-Login."""
        return str(self.id)

    @property
    def label(self) -> str:
        """Their name, or their address."""
        return self.name or self.email

    @property
    def is_admin(self) -> bool:
        """Whether they run the agency."""
        return self.agency_role == Role.ADMIN

    @property
    def is_agency(self) -> bool:
        """Whether they are the agency's."""
        return bool(self.agency_role)


@dataclass(frozen=True, slots=True)
class ViewAs:
    """An agency admin looks at a client with a member's eyes."""

    client_id: UUID
    role: Role
    until: datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of one session."""

    session_id: UUID
    person: Person
    is_half: bool
    view: ViewAs | None
    client: Client | None
    """The client in the URL, whether or not the person may see it. Read-only: load it to edit."""
    role: Role | None
    """What the person is to it."""


def read(cookie: str, slug: str | None, *, idle: timedelta, is_activity: bool) -> Visit | None:
    """
    Look up the session of `cookie`; None unless it lives.

    Args:
        cookie: as the browser sent it.
        slug: of the client in the URL.
        idle: how long a session lives without activity.
        is_activity: a person did this, not a page that refreshes itself.
    """
    if not COOKIE.fullmatch(cookie):
        return None
    # A NUL is in no slug, and PostgreSQL would not even compare it.
    known = slug if slug and "\0" not in slug else None
    found, at = single.one(_READ, (known, digest(cookie))), now()
    if found is None:
        return None
    row = _Row(*found[: len(_Row._fields)])
    if not _lives(row, at, idle):
        return None
    if is_activity and at - row.seen_at > SEEN_EVERY:
        single.run(_SEEN, (at, row.id, at - SEEN_EVERY))
    return _visit(row, found[len(_Row._fields) :], at)


def _lives(row: _Row, at: datetime, idle: timedelta) -> bool:
    if row.is_half:
        return at - row.created_at < HALF_LIFE
    return at - row.created_at < WHOLE_LIFE and at - row.seen_at < idle


def _visit(row: _Row, columns: Sequence[Any], at: datetime) -> Visit:
    client = Client(**dict(zip(_CLIENT, columns, strict=True))) if columns[0] is not None else None
    has_totp = row.totp_confirmed_at is not None
    person = Person(row.user_id, row.email, row.name, row.agency_role, row.theme, has_totp)
    view = _view(row, at) if person.is_admin else None
    role = role_for(person.agency_role, row.role or "") if client else None
    if view and client and view.client_id == client.id:
        role = view.role
    return Visit(row.id, person, row.is_half, view, client, role)


def _view(row: _Row, at: datetime) -> ViewAs | None:
    if row.view_client_id is None or row.view_until is None or row.view_until <= at:
        return None
    return ViewAs(row.view_client_id, Role(row.view_role), row.view_until)
