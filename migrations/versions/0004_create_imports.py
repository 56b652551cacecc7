"""
Create imports, their batches, their refused rows, and saved maps.

Expand only: nothing reads the tables until the release that brings them.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from portal.core.tenancy import policy_ddl

revision = "0004_create_imports"
down_revision = "0003_create_task_runs"

INSTANT = sa.DateTime(timezone=True)


def client_table(name: str, *parts: Any) -> None:
    """Create a table that belongs to clients, with its policies and grants."""
    op.create_table(
        name,
        sa.Column("client_id", sa.Uuid(), nullable=False),
        *parts,
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], ondelete="CASCADE"),
    )
    for statement in policy_ddl(name):
        op.execute(statement)


def text(name: str) -> Any:
    """A text column that is empty unless told otherwise."""
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def number(name: str) -> Any:
    """A count that starts at nought."""
    return sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)


def of_import() -> Any:
    """The key of the import that a row belongs to."""
    return sa.ForeignKeyConstraint(
        ["client_id", "import_id"], ["imports.client_id", "imports.id"], ondelete="CASCADE"
    )


def upgrade() -> None:
    """Create the four tables."""
    client_table(
        "imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        text("author"),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_key", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        text("kind"),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("layout", JSONB, nullable=False),
        sa.Column("map", JSONB, nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        *(number(name) for name in ("offset", "line", "batches", "rows", "refused_rows")),
        sa.Column("counts", JSONB, server_default=sa.text("'{}'::jsonb"), nullable=False),
        number("undone"),
        text("failure"),
        sa.PrimaryKeyConstraint("client_id", "id"),
    )
    op.create_index(None, "imports", ["client_id", "created_at"])
    op.create_index(None, "imports", ["client_id", "sha256"])
    client_table(
        "import_batches",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("kinds", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("client_id", "import_id", "number"),
        of_import(),
    )
    client_table(
        "import_errors",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        text("kind"),
        text("field"),
        sa.Column("reason", sa.Text(), nullable=False),
        text("content"),
        sa.PrimaryKeyConstraint("client_id", "import_id", "id"),
        of_import(),
    )
    op.create_index(None, "import_errors", ["client_id", "import_id", "line"])
    client_table(
        "import_maps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("map", JSONB, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        text("author"),
        sa.PrimaryKeyConstraint("client_id", "id"),
        sa.UniqueConstraint("client_id", "name"),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("import_maps", "import_errors", "import_batches", "imports"):
        op.drop_table(table)
