"""Our own clients: who they are, which days they count by, what they pay, who may send for them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, ClientOwned
from portal.core.ids import new_id


class Client(Base):
    """One tenant. `slug` names it in every URL and is never given to another."""

    __tablename__ = "clients"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    trade: Mapped[str] = mapped_column(server_default="contractor")
    """contractor, clinic, fund or outreach: chooses the words on its pages."""
    color: Mapped[str] = mapped_column(server_default="")
    """Brand colour #rrggbb, '' for the portal's own."""
    logo_id: Mapped[UUID | None]
    business_hours: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'::jsonb"))
    """Weekday "0" (Monday) … "6" → [["08:00", "18:00"], …]; {} means always open."""
    version: Mapped[int] = mapped_column(server_default="1")
    """Grows with each edit; two editors at once are told apart by it."""
    created_at: Mapped[datetime]


class ClientCalendar(ClientOwned, Base):
    """What the client's days are from local day `from_on` on; the last row holds now."""

    __tablename__ = "client_calendars"

    from_on: Mapped[date] = mapped_column(primary_key=True)
    zone: Mapped[str]
    week_start: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")
    currency: Mapped[str]


class ClientStatusChange(ClientOwned, Base):
    """Append-only: from `at` the client is active, paused or churned."""

    __tablename__ = "client_status_changes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime]
    status: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]


class ClientPlanChange(ClientOwned, Base):
    """Append-only: the whole state of what the client pays us from `effective_at`."""

    __tablename__ = "client_plan_changes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    effective_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(server_default="0")
    plan: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="active")
    """trialing, active, past_due, paused or ended."""
    currency: Mapped[str]
    unit_amount_minor: Mapped[int]
    interval: Mapped[str] = mapped_column(server_default="month")
    interval_count: Mapped[int] = mapped_column(server_default="1")
    quantity: Mapped[int] = mapped_column(server_default="1")
    discount_minor: Mapped[int] = mapped_column(server_default="0")
    discount_ends_at: Mapped[datetime | None]
    trial_ends_at: Mapped[datetime | None]
    resumes_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]


class StageMeaning(ClientOwned, Base):
    """Which step a lead stage means from local day `from_on`; without a row the defaults hold."""

    __tablename__ = "stage_meanings"

    from_on: Mapped[date] = mapped_column(primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[str]
    """A funnel kind, or '' for none."""


class ClientLogo(ClientOwned, Base):
    """A logo, already re-encoded; immutable, so that its address may be cached for ever."""

    __tablename__ = "client_logos"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    media_type: Mapped[str]
    content: Mapped[bytes]
    created_at: Mapped[datetime]


class Plan(Base):
    """What the agency sells; a client's own terms are in its plan changes."""

    __tablename__ = "plans"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    currency: Mapped[str]
    unit_amount_minor: Mapped[int]
    interval: Mapped[str] = mapped_column(server_default="month")


class ApiKey(Base):
    """
    A key of one client, and one scope: ingest, read or browser.

    Local table, because it is looked up before a client is known.
    """

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    client_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("clients.id", ondelete="CASCADE"), index=True
    )
    scope: Mapped[str]
    system: Mapped[str] = mapped_column(server_default="api")
    """The source system whose ids the holder sends."""
    name: Mapped[str] = mapped_column(server_default="")
    prefix: Mapped[str]
    """The first characters, shown in lists."""
    hash: Mapped[bytes] = mapped_column(unique=True)
    """SHA-256 of the whole key."""
    clear: Mapped[str] = mapped_column(server_default="")
    """The key itself, for scope browser only: it is public by nature."""
    origins: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text), server_default="{}")
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
