"""What every fact has: identity, version, shared dimensions and references."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from portal.core.db import Base, ClientOwned
from portal.core.ids import new_id

UNVERSIONED = -1


class Fact(ClientOwned):
    """
    Mixin: one happening, the fold of its received versions.

    `…_ref` and `…_system` are a reference as sent ('' system: unqualified text); `…_key` is the row
    that it means, found by `rollups.links` and corrected whenever the answer changes.
    """

    __abstract__ = True
    entity: ClassVar[str] = ""
    """The kind of entity mark that a change of such a fact leaves under its own external id."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-9)
    system: Mapped[str]
    external_id: Mapped[str]
    occurred_at: Mapped[datetime]
    version: Mapped[int]
    """`version` as sent, else `updated_at` in µs since 1970, else -1."""
    body: Mapped[dict[str, Any]]
    """The fields as sent, folded."""
    body_hash: Mapped[bytes]
    """SHA-256 of the newest version's canonical body: tells duplicate from conflict."""
    has_history: Mapped[bool] = mapped_column(server_default="false")
    """False: the only version is this row; true: all of them are in fact_versions."""
    received_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    source: Mapped[str] = mapped_column(server_default="")
    channel: Mapped[str] = mapped_column(server_default="")
    owner: Mapped[str] = mapped_column(server_default="")
    location: Mapped[str] = mapped_column(server_default="")
    lead_system: Mapped[str] = mapped_column(server_default="")
    lead_ref: Mapped[str] = mapped_column(server_default="")
    lead_key: Mapped[UUID | None]
    contact_system: Mapped[str] = mapped_column(server_default="")
    contact_ref: Mapped[str] = mapped_column(server_default="")
    campaign_system: Mapped[str] = mapped_column(server_default="")
    campaign_ref: Mapped[str] = mapped_column(server_default="")
    campaign_key: Mapped[UUID | None]

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805 - SQLAlchemy passes the class
        """Unique by the sender's id; read by day, by entity and by arrival."""
        return (
            sa.UniqueConstraint("client_id", "system", "external_id"),
            sa.Index(None, "client_id", "occurred_at"),
            sa.Index(None, "client_id", "received_at", "id"),
            sa.Index(None, "client_id", "external_id"),
            sa.Index(
                None, "client_id", "lead_key", postgresql_where=sa.text("lead_key IS NOT NULL")
            ),
            sa.Index(None, "client_id", "lead_ref", postgresql_where=sa.text("lead_ref <> ''")),
            sa.Index(
                None, "client_id", "contact_ref", postgresql_where=sa.text("contact_ref <> ''")
            ),
            sa.Index(  # small: only what still waits for its campaign
                None,
                "client_id",
                "campaign_ref",
                "id",
                postgresql_where=sa.text("campaign_ref <> '' AND campaign_key IS NULL"),
            ),
            *cls.more_table_args(),
        )

    @classmethod
    def more_table_args(cls) -> tuple[Any, ...]:
        """Give the constraints that one kind has besides."""
        return ()


class FactVersion(ClientOwned, Base):
    """One received version of a fact that has more than one."""

    __tablename__ = "fact_versions"

    fact_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    body: Mapped[dict[str, Any]]
    body_hash: Mapped[bytes]
    is_withdrawal: Mapped[bool] = mapped_column(server_default="false")
    received_at: Mapped[datetime]


class IngestRefusal(ClientOwned, Base):
    """An item that was refused or in conflict: what it was and why."""

    __tablename__ = "ingest_refusals"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    received_at: Mapped[datetime]
    kind: Mapped[str]
    """A fact kind, or `events`."""
    status: Mapped[str]
    """refused or conflict."""
    external_id: Mapped[str] = mapped_column(server_default="")
    field: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str]
    item: Mapped[str]
    """The item as received, at most 2,000 characters."""
    system: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (sa.Index(None, "client_id", "received_at"),)
