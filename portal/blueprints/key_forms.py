"""Forms about keys, and what both pages of keys share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from portal.actions import keys
from portal.actions.keys import NewKey, Scope
from portal.blueprints.auth.forms import NEEDED, Form, choices
from portal.core.calendar import Calendar, now
from portal.models.clients import ApiKey

SCOPES = {
    Scope.INGEST.value: "Send facts and events",
    Scope.READ.value: "Read numbers and rows",
    Scope.BROWSER.value: "Send events from web pages",
}
OVERLAPS = {"0": "Ends at once", "1": "1 hour", "24": "1 day", "168": "7 days", "720": "30 days"}


class KeyForm(Form):
    """A new key."""

    name = StringField("Name", [NEEDED, Length(max=80)])
    scope = SelectField("What it may do", choices=choices(SCOPES))
    system = StringField("Source system", [NEEDED, Length(max=80)], default="api")
    expires_on = DateField("Last day", [Optional()])
    origins = TextAreaField("Web pages, for a browser key", [Optional(), Length(max=4000)])


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as a page shows it."""

    id: UUID
    name: str
    prefix: str
    scope: str
    system: str
    clear: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    state: str
    tone: str

    @property
    def is_alive(self) -> bool:
        """Whether it opens anything."""
        return self.state in {"In use", "Not used yet"}


def rows(found: Sequence[ApiKey]) -> list[KeyRow]:
    """Put keys into words, those that work first."""
    made = [_row(key) for key in found]
    return sorted(made, key=lambda row: not row.is_alive)


def create(client_id: UUID, form: KeyForm, calendar: Calendar) -> NewKey:
    """
    Make the key that a form asks for; the caller acts as the client and commits.

    Raises:
        Refused: no key may be so.
    """
    day = form.expires_on.data
    return keys.create(
        client_id,
        form.scope.data,
        name=form.name.data or "",
        system=(form.system.data or "").strip(),
        expires_at=calendar.start_of(day + timedelta(days=1)) if day else None,
        origins=(form.origins.data or "").split(),
    )


def overlap(text: Any) -> timedelta:
    """Read how long a replaced key goes on."""
    return timedelta(hours=int(text)) if text in OVERLAPS else keys.OVERLAP


def _row(key: ApiKey) -> KeyRow:
    state, tone = _state(key)
    return KeyRow(
        key.id,
        key.name,
        key.prefix,
        SCOPES.get(key.scope, key.scope),
        key.system,
        key.clear,
        key.created_at,
        key.last_used_at,
        key.expires_at,
        state,
        tone,
    )


def _state(key: ApiKey) -> tuple[str, str]:
    if key.revoked_at is not None:
        return "Revoked", "bad"
    if key.expires_at is not None and key.expires_at <= now():
        return "Expired", "warn"
    return ("In use", "good") if key.last_used_at else ("Not used yet", "")
