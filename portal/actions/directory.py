"""The agency's list of everybody who can sign in."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from portal.actions import audit
from portal.core.db import db
from portal.models.accounts import Membership, User
from portal.models.clients import Client

PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """A page of people, with the clients of each as (slug, role)."""

    users: Sequence[User]
    clients: dict[UUID, list[tuple[str, str]]]
    number: int
    pages: int
    total: int

    @property
    def first(self) -> int:
        """The number of the first row."""
        return (self.number - 1) * PAGE + 1

    @property
    def last(self) -> int:
        """The number of the last row."""
        return self.first + len(self.users) - 1


def page(search: str, number: int) -> Page:
    """Find people by a part of their name or address; `number` from 1, cut to what there is."""
    where = sa.or_(
        User.email_key.contains(search.casefold(), autoescape=True),
        User.name.icontains(search, autoescape=True),
    )
    total = db.session.scalar(sa.select(sa.func.count()).select_from(User).where(where)) or 0
    pages = max(1, -(-total // PAGE))
    number = min(max(number, 1), pages)
    order = (User.agency_role == "", User.email_key)
    query = sa.select(User).where(where).order_by(*order).limit(PAGE).offset((number - 1) * PAGE)
    users = db.session.scalars(query).all()
    return Page(users, _clients_of([user.id for user in users]), number, pages, total)


def grants(user_id: UUID) -> Sequence[tuple[Client, str]]:
    """List the clients that a person may look at, with the role."""
    rows = db.session.execute(
        sa.select(Client, Membership.role)
        .join(Membership, Membership.client_id == Client.id)
        .where(Membership.user_id == user_id)
        .order_by(sa.func.lower(Client.name))
    )
    return [(client, role) for client, role in rows]


def clients() -> Sequence[Client]:
    """List all clients by name."""
    return db.session.scalars(sa.select(Client).order_by(sa.func.lower(Client.name))).all()


def note(action: str, user: User) -> None:
    """Write in the agency's log that something was done to a person."""
    audit.record(action, user.email)


def _clients_of(user_ids: list[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    rows = db.session.execute(
        sa.select(Membership.user_id, Client.slug, Membership.role)
        .join(Client, Client.id == Membership.client_id)
        .where(Membership.user_id.in_(user_ids))
        .order_by(Client.slug)
    )
    found: dict[UUID, list[tuple[str, str]]] = {}
    for user_id, slug, role in rows:
        found.setdefault(user_id, []).append((slug, role))
    return found
