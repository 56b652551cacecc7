"""Funnel events, jobs, payments and usage costs: what leads became and what it cost."""

from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.models.facts.fact import Fact


class FunnelEvent(Fact, Base):
    """A posted step of a lead; `ref_…` names the fact that it speaks of, if any."""

    __tablename__ = "funnel_events"

    kind: Mapped[str]
    value_minor: Mapped[int | None]
    currency: Mapped[str] = mapped_column(server_default="")
    ref_kind: Mapped[str] = mapped_column(server_default="")
    ref_system: Mapped[str] = mapped_column(server_default="")
    ref_id: Mapped[str] = mapped_column(server_default="")

    @classmethod
    def more_table_args(cls) -> tuple[Any, ...]:
        """Events are found by the fact that they speak of."""
        return (sa.Index(None, "client_id", "ref_id", postgresql_where=sa.text("ref_id <> ''")),)


class Job(Fact, Base):
    """Work that a lead may give; a won or completed job counts once, on `won_at`."""

    __tablename__ = "jobs"
    entity: ClassVar[str] = "job"

    status: Mapped[str]
    won_at: Mapped[datetime | None]
    lost_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    value_minor: Mapped[int | None]
    cost_minor: Mapped[int | None]
    currency: Mapped[str] = mapped_column(server_default="")
    product: Mapped[str] = mapped_column(server_default="")
    lost_reason: Mapped[str] = mapped_column(server_default="")


class Payment(Fact, Base):
    """Money received on `occurred_at`; a refund is negative."""

    __tablename__ = "payments"
    entity: ClassVar[str] = "payment"

    amount_minor: Mapped[int]
    currency: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="")
    refund_of_system: Mapped[str] = mapped_column(server_default="")
    refund_of_ref: Mapped[str] = mapped_column(server_default="")
    job_system: Mapped[str] = mapped_column(server_default="")
    job_ref: Mapped[str] = mapped_column(server_default="")
    invoice_ref: Mapped[str] = mapped_column(server_default="")
    subscription_ref: Mapped[str] = mapped_column(server_default="")
    fee_minor: Mapped[int | None]
    method: Mapped[str] = mapped_column(server_default="")
    product: Mapped[str] = mapped_column(server_default="")
    country: Mapped[str] = mapped_column(server_default="")

    @classmethod
    def more_table_args(cls) -> tuple[Any, ...]:
        """A payment is found by its job and its refund by the payment."""
        return (
            sa.Index(None, "client_id", "job_ref", postgresql_where=sa.text("job_ref <> ''")),
            sa.Index(
                None, "client_id", "refund_of_ref", postgresql_where=sa.text("refund_of_ref <> ''")
            ),
        )


class UsageCost(Fact, Base):
    """What a service cost on `occurred_at`, in millionths of the unit."""

    __tablename__ = "usage_costs"

    service: Mapped[str]
    amount_micros: Mapped[int]
    currency: Mapped[str]
    quantity: Mapped[float | None] = mapped_column(sa.Double)
