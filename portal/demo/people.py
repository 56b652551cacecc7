"""Who may sign in to the demo."""

import secrets
from dataclasses import dataclass, field
from uuid import UUID

from portal.actions import people, team
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.models.accounts import User

WORDS = (
    "amber",
    "basalt",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "harbor",
    "indigo",
    "juniper",
    "kelp",
    "lichen",
    "maple",
    "nectar",
    "opal",
    "pebble",
    "quartz",
    "raven",
    "saffron",
    "tundra",
    "umber",
    "violet",
    "willow",
    "yarrow",
)
ROLES = ("owner", "manager", "viewer")


@dataclass(frozen=True)
class Login:
    """A person of the demo; agency people have no clients of their own."""

    email: str
    password: str
    role: str
    clients: list[str] = field(default_factory=list)


def add_everyone(clients: dict[str, UUID]) -> list[Login]:
    """
    Add an admin and an analyst of the agency, and three people for each of `clients`.

    Args:
        clients: ids by slug; the analyst is granted them all.
    """
    admin, _ = _person("admin", "Ines Admin", agency="admin")
    analyst, user = _person("analyst", "Arun Analyst", agency="analyst")
    for client_id in clients.values():
        _grant(client_id, user, "analyst")
    members = [
        _member(slug, client_id, role) for slug, client_id in clients.items() for role in ROLES
    ]
    return [admin, analyst, *members]


def _member(slug: str, client_id: UUID, role: str) -> Login:
    first = slug.split("-", maxsplit=1)[0]
    login, user = _person(f"{role}.{first}", f"{role.title()} of {first.title()}", role=role)
    _grant(client_id, user, role)
    login.clients.append(slug)
    return login


def _person(local: str, name: str, *, agency: str = "", role: str = "") -> tuple[Login, User]:
    """Add a person, or give somebody whom an unfinished load made another password."""
    email = f"{local}@demo.example"
    password = "-".join(
        [*(secrets.choice(WORDS) for _ in range(3)), f"{secrets.randbelow(900) + 100}"]
    )
    user = people.find(email) or people.add(email, name=name, agency_role=agency)
    people.set_password(user, password)
    db.session.commit()
    return Login(email, password, agency or role), user


def _grant(client_id: UUID, user: User, role: str) -> None:
    with acting_as(client_id):
        team.grant(client_id, user, role)
        db.session.commit()
