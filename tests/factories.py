"""One function a model, a default for every argument; each makes a row of its own and commits."""

import secrets
from datetime import UTC, date, datetime
from typing import Any

from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.models.clients import Client, ClientCalendar, ClientStatusChange

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def client(
    name: str = "acme", *, zone: str = "Europe/Berlin", currency: str = "EUR", **columns: Any
) -> Client:
    """Make an active client whose slug no other test has."""
    slug = f"{name}-{secrets.token_hex(4)}"
    made = Client(slug=slug, name=name.title(), created_at=LONG_AGO, **columns)
    db.session.add(made)
    db.session.commit()
    with acting_as(made.id):
        start, own = date(1970, 1, 1), {"client_id": made.id}
        db.session.add(ClientCalendar(**own, from_on=start, zone=zone, currency=currency))
        db.session.add(ClientStatusChange(**own, at=LONG_AGO, status="active", created_at=LONG_AGO))
    return made
