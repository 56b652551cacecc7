"""Leads, and the changes of their stage that are sent on their own."""

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.models.facts.fact import Fact


class Lead(Fact, Base):
    """A person who may buy. `occurred_at` is when they first reached the client."""

    __tablename__ = "leads"
    entity: ClassVar[str] = "lead"

    stage: Mapped[str] = mapped_column(server_default="")
    stage_at: Mapped[datetime | None]
    name: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    company: Mapped[str] = mapped_column(server_default="")
    score: Mapped[float | None] = mapped_column(sa.Double)
    value_minor: Mapped[int | None]
    currency: Mapped[str] = mapped_column(server_default="")
    probability: Mapped[float | None] = mapped_column(sa.Double)
    lost_reason: Mapped[str] = mapped_column(server_default="")
    is_placeholder: Mapped[bool] = mapped_column(server_default="false")
    """Made from a posted lead_created event, until a lead of that id is posted."""


class StageChange(Fact, Base):
    """A lead entered `stage` at `occurred_at`."""

    __tablename__ = "stage_changes"

    stage: Mapped[str]
