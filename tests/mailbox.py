"""The mails that wait in the outbox, as a test reads them."""

import re

import sqlalchemy as sa

from portal.actions import mails
from portal.core.db import db
from portal.models.mails import MailOutbox


def letters_to(address: str) -> list[dict[str, object]]:
    """Give what was queued for `address`, oldest first: subject, template and what it says."""
    query = sa.select(MailOutbox).where(MailOutbox.to_address == address)
    rows = db.session.scalars(query.order_by(MailOutbox.id))
    return [{"subject": row.subject, "template": row.template, **_words(row)} for row in rows]


def path_in(letter: dict[str, object]) -> str:
    """Give the path of the letter's link."""
    return re.sub(r"^https?://[^/]+", "", str(letter["link"]))


def _words(row: MailOutbox) -> dict[str, object]:
    return mails.context_of(row) if row.context else {}  # type: ignore[return-value]  # same key
