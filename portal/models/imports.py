"""Imports of files: what was sent, how it is read, how far it is, and which rows were refused."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, ClientOwned
from portal.core.ids import new_id


class Import(ClientOwned, Base):
    """
    One file of one client, on its way from an upload to facts.

    `state`: draft (being mapped), waiting, running, cancelled, done, failed, undoing, undone.
    """

    __tablename__ = "imports"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    author: Mapped[str] = mapped_column(server_default="")
    """Who sent it, as shown: an address, or the command."""
    file_name: Mapped[str]
    """As the sender calls it, for people only."""
    file_key: Mapped[str]
    """Random name of the file on disk; '' once it is removed."""
    size: Mapped[int]
    sha256: Mapped[bytes]
    kind: Mapped[str] = mapped_column(server_default="")
    """What the sender says the rows are."""
    system: Mapped[str]
    layout: Mapped[dict[str, Any]]
    map: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default="draft")
    is_cancelled: Mapped[bool] = mapped_column(server_default="false")
    """Somebody asked to stop; the next batch is not begun."""
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    offset: Mapped[int] = mapped_column(server_default="0")
    """Bytes of the file that are done; committed with the facts that they gave."""
    line: Mapped[int] = mapped_column(server_default="0")
    batches: Mapped[int] = mapped_column(server_default="0")
    rows: Mapped[int] = mapped_column(server_default="0")
    refused_rows: Mapped[int] = mapped_column(server_default="0")
    counts: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'::jsonb"))
    """{"leads": {"stored": 8300, "refused": 500}, …}: verdicts by kind."""
    undone: Mapped[int] = mapped_column(server_default="0")
    """Facts withdrawn by undoing it."""
    failure: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (
        sa.Index(None, "client_id", "created_at"),
        sa.Index(None, "client_id", "sha256"),
    )


class ImportBatch(ClientOwned, Base):
    """
    Rows stored in one transaction.

    What the import stored is what was first received at the instant of one of its batches.
    """

    __tablename__ = "import_batches"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    kinds: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text))
    undone_at: Mapped[datetime | None]

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["client_id", "import_id"], ["imports.client_id", "imports.id"], ondelete="CASCADE"
        ),
    )


class ImportRefusal(ClientOwned, Base):
    """A row, or one fact of a row, that was refused or in conflict, and why."""

    __tablename__ = "import_errors"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    line: Mapped[int]
    kind: Mapped[str] = mapped_column(server_default="")
    field: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str]
    content: Mapped[str] = mapped_column(server_default="")
    """The row as read, at most 2,000 characters."""

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["client_id", "import_id"], ["imports.client_id", "imports.id"], ondelete="CASCADE"
        ),
        sa.Index(None, "client_id", "import_id", "line"),
    )


class ImportMap(ClientOwned, Base):
    """A map that was saved under a name, to be used again."""

    __tablename__ = "import_maps"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    map: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    author: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (sa.UniqueConstraint("client_id", "name"),)
