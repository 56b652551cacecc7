"""Marks, rollups, and the rows derived from facts. All rebuildable; written by `rollups` alone."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from portal.core.db import Base, ClientOwned
from portal.core.ids import new_id

DIMENSIONS = (
    "source",
    "channel",
    "medium",
    "campaign",
    "owner",
    "location",
    "stage",
    "sender",
    "direction",
    "outcome",
    "handled_by",
    "account",
    "product",
    "kind",
    "name",
)
"""The conformed dimensions that rollup rows have as columns, in the order of their key."""


class DayMark(ClientOwned, Base):
    """Local day `day` must be rolled up again. Append-only; ingest writes, the sweep deletes."""

    __tablename__ = "day_marks"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    day: Mapped[date]
    marked_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())


class EntityMark(ClientOwned, Base):
    """What is derived from entity `ref` (a sender's id) must be rebuilt. Append-only."""

    __tablename__ = "entity_marks"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    """lead, contact, conversation, campaign, job, payment or actor."""
    ref: Mapped[str]
    marked_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())


class RollupDay(ClientOwned, Base):
    """How far one local day is rolled up; `version` grows with each time and is in cache keys."""

    __tablename__ = "rollup_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    version: Mapped[int]
    rolled_at: Mapped[datetime]


CELL = (
    "CAST(md5("
    + " || ".join(f"CAST(length({name}) AS text) || ':' || {name}" for name in DIMENSIONS)
    + ") AS uuid)"
)
"""A hash of the dimensions' values, each with its length, so that no two combinations share one."""


class Dimensions:
    """
    Mixin: what a rollup row counts by. '' means unknown or not used by the measure.

    `cell` stands for all dimensions in the key: their words may be longer than an index takes.
    """

    measure: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True, server_default="")
    cell: Mapped[UUID] = mapped_column(
        sa.Computed(CELL, persisted=True), primary_key=True, sort_order=-1
    )
    source: Mapped[str] = mapped_column(server_default="")
    channel: Mapped[str] = mapped_column(server_default="")
    medium: Mapped[str] = mapped_column(server_default="")
    campaign: Mapped[str] = mapped_column(server_default="")
    owner: Mapped[str] = mapped_column(server_default="")
    location: Mapped[str] = mapped_column(server_default="")
    stage: Mapped[str] = mapped_column(server_default="")
    sender: Mapped[str] = mapped_column(server_default="")
    direction: Mapped[str] = mapped_column(server_default="")
    outcome: Mapped[str] = mapped_column(server_default="")
    handled_by: Mapped[str] = mapped_column(server_default="")
    account: Mapped[str] = mapped_column(server_default="")
    product: Mapped[str] = mapped_column(server_default="")
    kind: Mapped[str] = mapped_column(server_default="")
    name: Mapped[str] = mapped_column(server_default="")

    @declared_attr
    def value(cls) -> Mapped[Decimal]:  # noqa: N805 - SQLAlchemy passes the class
        """Numeric without precision: two legal payments overflow any fixed one."""
        return mapped_column(sa.Numeric, sort_order=10)


class Rollup(ClientOwned, Dimensions, Base):
    """One additive measure, one local day, one combination of dimensions. Zeros are not stored."""

    __tablename__ = "rollups"

    day: Mapped[date] = mapped_column(primary_key=True, sort_order=-5)

    __table_args__ = (sa.Index(None, "client_id", "measure", "day"),)


class RollupHour(ClientOwned, Dimensions, Base):
    """The same by local hour, as an instant: a repeated hour is two rows. Hourly measures only."""

    __tablename__ = "rollup_hours"

    day: Mapped[date] = mapped_column(primary_key=True, sort_order=-5)
    hour_at: Mapped[datetime] = mapped_column(primary_key=True, sort_order=-4)


class LeadSpan(ClientOwned, Base):
    """A lead was in stage (or with owner) `value` from `from_at` up to `to_at`; null: still."""

    __tablename__ = "lead_spans"

    lead_id: Mapped[UUID] = mapped_column(primary_key=True)
    aspect: Mapped[str] = mapped_column(primary_key=True)
    """stage or owner."""
    from_at: Mapped[datetime] = mapped_column(primary_key=True)
    to_at: Mapped[datetime | None]
    value: Mapped[str]
    is_estimated: Mapped[bool] = mapped_column(server_default="false")

    __table_args__ = (
        sa.ForeignKeyConstraint(["client_id", "lead_id"], ["leads.client_id", "leads.id"]),
        sa.Index(None, "client_id", "aspect", "from_at"),
        sa.Index(None, "client_id", "aspect", "to_at"),
    )


class Step(ClientOwned, Base):
    """One happening on a lead's way, told by its one owner."""

    __tablename__ = "steps"

    origin: Mapped[str] = mapped_column(primary_key=True)
    """The fact kind that owns it: leads, messages, calls, jobs, payments, funnel_events, stages."""
    origin_id: Mapped[UUID] = mapped_column(primary_key=True)
    """The owning fact's id (for a stage, the lead's)."""
    kind: Mapped[str] = mapped_column(primary_key=True)
    """One of the twelve funnel kinds, or job_cancelled (its value is negative)."""
    lead_id: Mapped[UUID | None]
    """Null while the owner is not linked to a lead: it counts all the same."""
    occurred_at: Mapped[datetime]
    value_minor: Mapped[int | None]
    currency: Mapped[str] = mapped_column(server_default="")
    product: Mapped[str] = mapped_column(server_default="")
    is_doubtful: Mapped[bool] = mapped_column(server_default="false")
    """Posted without `ref` within a day of an equal step: may be the same happening."""

    __table_args__ = (
        sa.ForeignKeyConstraint(["client_id", "lead_id"], ["leads.client_id", "leads.id"]),
        sa.Index(None, "client_id", "lead_id"),
        sa.Index(None, "client_id", "kind", "occurred_at"),
        sa.Index(None, "client_id", "occurred_at"),
    )


class Turn(ClientOwned, Base):
    """
    From the first unanswered inbound message of a conversation to the first answer.

    `ended_at` is null while pending. After seven days without an answer it is the seventh day's
    end, `answered_by` is '' and `is_unanswered` true.
    """

    __tablename__ = "turns"

    conversation: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime | None]
    answered_by: Mapped[str] = mapped_column(server_default="")
    """ai or person: who ended it."""
    first_ai_at: Mapped[datetime | None]
    first_person_at: Mapped[datetime | None]
    business_seconds: Mapped[int | None]
    """Seconds of the client's business hours from start to end."""
    is_unanswered: Mapped[bool] = mapped_column(server_default="false")
    medium: Mapped[str] = mapped_column(server_default="")
    account: Mapped[str] = mapped_column(server_default="")
    lead_key: Mapped[UUID | None]

    __table_args__ = (
        sa.Index(None, "client_id", "started_at"),
        sa.Index(  # small: only open ones, which the clock alone may close
            "ix_turns_pending",
            "client_id",
            "started_at",
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )


class Reply(ClientOwned, Base):
    """An outbound message was answered at `replied_at`."""

    __tablename__ = "replies"

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    replied_at: Mapped[datetime]


class ProductSession(ClientOwned, Base):
    """A run of events of one actor with no gap of thirty minutes."""

    __tablename__ = "product_sessions"

    actor: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime]
    events: Mapped[int]

    __table_args__ = (sa.Index(None, "client_id", "started_at"),)


class Actor(ClientOwned, Base):
    """An anonymous id that was identified or aliased, and the user whom it became."""

    __tablename__ = "actors"

    anonymous_id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str]
    known_at: Mapped[datetime]


class PlanMovement(ClientOwned, Base):
    """How a client's own MRR moved on one day of the agency's zone."""

    __tablename__ = "plan_movements"

    day: Mapped[date] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """new, reactivation, expansion, contraction or churn."""
    amount_minor: Mapped[int]
    """Close − open of that day; may be negative."""
    reason: Mapped[str] = mapped_column(server_default="")


class PlanFee(ClientOwned, Base):
    """What one day costs the client: the MRR at that day's end, spread over its month's days."""

    __tablename__ = "plan_fees"

    day: Mapped[date] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    amount_minor: Mapped[int]


class LentDimension(ClientOwned, Base):
    """
    What a lead or campaign lends to the facts that refer to it, as of the last sweep.

    A difference rolls the days of all those facts up again; a mark without one does not.
    """

    __tablename__ = "lent_dimensions"

    kind: Mapped[str] = mapped_column(primary_key=True)
    """lead or campaign."""
    entity_id: Mapped[UUID] = mapped_column(primary_key=True)
    value: Mapped[str]


class Backfill(Base):
    """One `portal rollups backfill`; without `finished_at` the same command resumes it."""

    __tablename__ = "backfills"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    client_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("clients.id", ondelete="CASCADE"))
    """Null: all clients."""
    from_on: Mapped[date]
    to_on: Mapped[date]
    """Not included."""
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
