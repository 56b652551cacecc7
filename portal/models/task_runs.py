"""Background work as rows: what is to be done, who does it, how often it was tried."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id

OPEN = "state IN ('queued', 'running')"
STATES = ("queued", "running", "done", "dead")


class TaskRun(Base):
    """
    One run of a task: queued → running → done, or after its last try dead.

    A client's own run has `client_id`; its task acts as that client, whatever Redis says.
    """

    __tablename__ = "task_runs"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    task: Mapped[str]
    queue: Mapped[str]
    client_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("clients.id", ondelete="CASCADE"))
    arguments: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'::jsonb"))
    key: Mapped[str | None]
    """Equal work that waits or runs has an equal key, and is there once."""
    state: Mapped[str] = mapped_column(server_default="queued")
    attempt: Mapped[int] = mapped_column(server_default="0")
    """How often it was taken; whoever took it writes only while this is still its number."""
    failures: Mapped[int] = mapped_column(server_default="0")
    run_after: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    """While running: after it the worker is taken for dead."""
    worker: Mapped[str] = mapped_column(server_default="")
    queued_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        sa.Index(
            "uq_task_runs_open_key", "task", "key", unique=True, postgresql_where=sa.text(OPEN)
        ),
        sa.Index(None, "queue", "client_id", "run_after", postgresql_where=sa.text(OPEN)),
        sa.Index(None, "queue", "client_id", "started_at"),
        sa.Index(None, "state", "queued_at"),
    )


class ScheduleTick(Base):
    """A schedule's period was claimed: by one scheduler, in the transaction of its task run."""

    __tablename__ = "schedule_ticks"

    schedule: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[datetime] = mapped_column(sa.DateTime(timezone=False), primary_key=True)
    """Nominal start, on the schedule's own wall clock: a local day comes once, whatever the zone
    does to it."""
    claimed_at: Mapped[datetime]
