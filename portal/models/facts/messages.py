"""Messages and calls: how people and the client got in touch."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.models.facts.fact import Fact


class Message(Fact, Base):
    """One message, in or out, with the instants of what became of it."""

    __tablename__ = "messages"

    direction: Mapped[str]
    sender: Mapped[str]
    medium: Mapped[str] = mapped_column(server_default="")
    conversation: Mapped[str] = mapped_column(server_default="")
    """conversation_id, else 'contact:' + contact, else 'lead:' + lead, as sent; '' for none."""
    account: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    sent_at: Mapped[datetime | None]
    """As sent, else occurred_at unless the message failed; null for inbound ones."""
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    replied_at: Mapped[datetime | None]
    cost_micros: Mapped[int | None]
    currency: Mapped[str] = mapped_column(server_default="")

    @classmethod
    def more_table_args(cls) -> tuple[Any, ...]:
        """Outbound messages are counted by `sent_at`, turns read by conversation."""
        return (
            sa.Index(None, "client_id", "sent_at", postgresql_where=sa.text("sent_at IS NOT NULL")),
            sa.Index(
                None,
                "client_id",
                "conversation",
                "occurred_at",
                postgresql_where=sa.text("conversation <> ''"),
            ),
        )


class Call(Fact, Base):
    """One telephone call."""

    __tablename__ = "calls"

    direction: Mapped[str]
    outcome: Mapped[str]
    duration_seconds: Mapped[int | None]
    handled_by: Mapped[str] = mapped_column(server_default="")
    quality: Mapped[float | None] = mapped_column(sa.Double)
    is_successful: Mapped[bool | None]
    line: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
