"""Product events: immutable, stored as sent."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, ClientOwned


class Event(ClientOwned, Base):
    """One track, identify, page, screen, group or alias call. Deduplicated on its id for ever."""

    __tablename__ = "events"

    system: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(primary_key=True)
    """The sender's own id."""
    type: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    """The event name of a track, the page or screen name, else the type."""
    occurred_at: Mapped[datetime]
    """`timestamp`, corrected by received − sentAt where that is over five minutes."""
    timestamp: Mapped[datetime | None]
    """As sent."""
    sent_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    user_id: Mapped[str] = mapped_column(server_default="")
    anonymous_id: Mapped[str] = mapped_column(server_default="")
    previous_id: Mapped[str] = mapped_column(server_default="")
    """Of an alias."""
    actor: Mapped[str] = mapped_column(server_default="")
    """user_id, else anonymous_id; `rollups.actors` resolves anonymous ones."""
    properties: Mapped[dict[str, Any]]
    """properties, or traits of identify and group."""
    context: Mapped[dict[str, Any]]
    body_hash: Mapped[bytes]

    __table_args__ = (
        sa.Index(None, "client_id", "name", "occurred_at", postgresql_include=["actor"]),
        sa.Index(None, "client_id", "occurred_at", postgresql_include=["actor", "name"]),
        sa.Index(None, "client_id", "received_at", "message_id"),
        sa.Index(None, "client_id", "actor", "occurred_at"),
        sa.Index(None, "client_id", "anonymous_id", postgresql_where=sa.text("type = 'identify'")),
        sa.Index(None, "client_id", "previous_id", postgresql_where=sa.text("type = 'alias'")),
    )
