"""
Sends the mails that are due: each once, but for a sender that dies while it speaks to the server.

A mail is claimed by a lease and an attempt; what a sender finds is written only while both are its
own. After one doubtful attempt there is one more, with the same Message-ID; after two the mail is
left as `uncertain` for a person to look at.
"""

from datetime import datetime, timedelta
from email.message import EmailMessage
from uuid import UUID

import css_inline
import sqlalchemy as sa
from flask import render_template

from portal.actions import letters, mails
from portal.core import mail
from portal.core.db import db
from portal.core.settings import current_config
from portal.models.mails import MailOutbox

LEASE = timedelta(minutes=2)
GIVE_UP = timedelta(hours=24)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)


def deliver_due(limit: int = 50) -> int:
    """Send up to `limit` mails that are due, each for itself; return how many were tried."""
    for tried in range(limit):
        row = _claim()
        if row is None:
            return tried
        _deliver(row)
    return limit


def any_due() -> bool:
    """Whether a mail waits to be sent now."""
    waits = sa.and_(MailOutbox.state.in_(("queued", "sending")), MailOutbox.due_at <= sa.func.now())
    late = sa.or_(MailOutbox.state == "queued", MailOutbox.lease_until <= sa.func.now())
    found = db.session.scalar(sa.select(sa.exists().where(waits, late)))
    db.session.rollback()
    return bool(found)


def _claim() -> MailOutbox | None:
    """Take one mail that waits, or whose sender is dead."""
    at = _now()
    waits = sa.and_(MailOutbox.state == "queued", MailOutbox.due_at <= at)
    orphaned = sa.and_(MailOutbox.state == "sending", MailOutbox.lease_until <= at)
    row = db.session.scalar(
        sa.select(MailOutbox)
        .where(sa.or_(waits, orphaned))
        .order_by(MailOutbox.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        db.session.rollback()
        return None
    is_orphan = row.state == "sending"
    if is_orphan and row.is_doubtful:
        row.state, row.context = "uncertain", b""
    else:
        row.state, row.attempt, row.lease_until = "sending", row.attempt + 1, at + LEASE
        row.is_doubtful = row.is_doubtful or is_orphan
    db.session.commit()
    return row


def _deliver(row: MailOutbox) -> None:
    if row.state != "sending":
        return
    made = _make(row)
    db.session.commit()  # a link in the mail must work before anybody can read it
    if made is None:
        _finish(row, "dropped")
        return
    to, letter = made
    try:
        mail.send(current_config(), _message(row, to, letter))
    except mail.MailRefused as error:
        _finish(row, "failed", str(error))
    except mail.MailWaits as error:
        _wait(row, str(error))
    except mail.MailDoubtful as error:
        _doubt(row, str(error))
    else:
        _finish(row, "sent")


def _make(row: MailOutbox) -> tuple[str, dict[str, object]] | None:
    context = mails.context_of(row)
    if context is None:
        return None
    if row.template == letters.RESET:
        made = letters.make_reset(str(context["email"]))
        return (made[0], dict(vars(made[1]))) if made else None
    return row.to_address, context


def _message(row: MailOutbox, to: str, letter: dict[str, object]) -> EmailMessage:
    config = current_config()
    words = {**letter, "agency": config.agency_name, "subject": row.subject}
    html = css_inline.inline(render_template("mail/letter.html", **words))
    text = render_template("mail/letter.txt", **words)
    return mail.build(config, to, row.subject, row.message_id, text=text, html=html)


def _finish(row: MailOutbox, state: str, error: str = "") -> None:
    sent_at = _now() if state == "sent" else None
    _write(row.id, row.attempt, state=state, error=error, sent_at=sent_at, context=b"")


def _wait(row: MailOutbox, error: str) -> None:
    at = _now()
    if at - row.created_at > GIVE_UP:
        _finish(row, "failed", error)
        return
    wait = min(FIRST_WAIT * 2 ** min(row.attempt, 10), LONGEST_WAIT)
    _write(row.id, row.attempt, state="queued", error=error, due_at=at + wait)


def _doubt(row: MailOutbox, error: str) -> None:
    """Hand it over once more if that was the first doubt, else leave it to a person."""
    if row.is_doubtful:
        _finish(row, "uncertain", error)
        return
    due_at = _now() + FIRST_WAIT
    _write(row.id, row.attempt, state="queued", error=error, due_at=due_at, is_doubtful=True)


def _now() -> datetime:
    """Ask the database: leases mean nothing on a clock of one's own."""
    at: datetime = db.session.execute(sa.select(sa.func.now())).scalar_one()
    return at


def _write(row_id: UUID, attempt: int, **values: object) -> None:
    """Write only as long as nobody else has taken the mail over."""
    db.session.execute(
        sa.update(MailOutbox)
        .where(MailOutbox.id == row_id, MailOutbox.attempt == attempt)
        .where(MailOutbox.state == "sending")
        .values(lease_until=None, **values)
    )
    db.session.commit()
