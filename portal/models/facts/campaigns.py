"""Campaigns and what was spent on them."""

from datetime import date, datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.models.facts.fact import Fact


class Campaign(Fact, Base):
    """A named effort; `source` and `channel` are what its leads and spend count under."""

    __tablename__ = "campaigns"
    entity: ClassVar[str] = "campaign"

    name: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="")
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    budget_minor: Mapped[int | None]
    currency: Mapped[str] = mapped_column(server_default="")


class CampaignSpend(Fact, Base):
    """Money spent on a campaign on local day `occurred_on` (`occurred_at` is that day's start)."""

    __tablename__ = "campaign_spend"

    occurred_on: Mapped[date]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    clicks: Mapped[int | None]
    impressions: Mapped[int | None]

    @classmethod
    def more_table_args(cls) -> tuple[Any, ...]:
        """Spend is dated by day and found by campaign."""
        return (
            sa.Index(None, "client_id", "occurred_on"),
            sa.Index(None, "client_id", "campaign_ref"),
        )
