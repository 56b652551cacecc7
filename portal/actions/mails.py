"""Mails are queued in the transaction that causes them, and sent by a worker after its commit."""

import msgspec
from sqlalchemy.dialects.postgresql import insert

from portal.core import mail
from portal.core.calendar import now
from portal.core.db import db
from portal.core.ids import new_id
from portal.core.sealing import seal, unseal
from portal.core.settings import current_config
from portal.models.mails import MailOutbox

PURPOSE = "mail"


def queue(to: str, subject: str, template: str, context: dict[str, object], key: str) -> None:
    """
    Queue one mail; nothing happens when one with this `key` was queued before. The caller commits.

    Args:
        to: the address, already checked.
        subject: one line.
        template: `letter`, or a kind that `actions.letters` makes when it is sent.
        context: what the template needs; kept sealed, for links in it are keys.
        key: what the mail is about.

    Raises:
        Refused: a line break in `to` or `subject`.
    """
    config, name, at = current_config(), new_id(), now()
    row = {
        "id": name,
        "key": key,
        "message_id": mail.new_message_id(name.hex, config),
        "to_address": mail.check_header(to, "email"),
        "subject": mail.check_header(subject, "subject"),
        "template": template,
        "context": seal(config.secret_key, PURPOSE, msgspec.json.encode(context).decode()),
        "created_at": at,
        "due_at": at,
    }
    db.session.execute(insert(MailOutbox).values(row).on_conflict_do_nothing())


def context_of(row: MailOutbox) -> dict[str, object] | None:
    """Unseal what a mail needs; None when the secret key has changed since."""
    text = unseal(current_config().secret_key, PURPOSE, row.context)
    return None if text is None else msgspec.json.decode(text, type=dict[str, object])
