"""
Mails that wait to be sent, in the transaction that causes them.

`actions.mails.queue` writes rows, `actions.deliveries.deliver_due` sends them; a task and the sweep
call it. The table is made by migration 0002.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class MailOutbox(Base):
    """One mail to one address: queued → sending → sent, or failed, dropped, uncertain."""

    __tablename__ = "mail_outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(unique=True)
    """What the mail is about; the same thing is mailed once."""
    message_id: Mapped[str]
    """Fixed, so that whoever gets it twice can tell."""
    to_address: Mapped[str]
    subject: Mapped[str]
    template: Mapped[str]
    context: Mapped[bytes] = mapped_column(server_default="")
    """Sealed JSON, for links in it are keys; emptied when the mail has gone."""
    state: Mapped[str] = mapped_column(server_default="queued")
    attempt: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    """While sending; after it the sender is taken for dead."""
    is_doubtful: Mapped[bool] = mapped_column(server_default="false")
    """A sender died while it spoke to the mail server: this one may arrive twice."""
    sent_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        sa.Index(None, "due_at", postgresql_where=sa.text("state IN ('queued', 'sending')")),
    )
