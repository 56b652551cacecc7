"""
Create task runs and the ticks of schedules.

Expand only: nothing reads the tables until the release that brings them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003_create_task_runs"
down_revision = "0002_create_accounts"

INSTANT = sa.DateTime(timezone=True)
OPEN = sa.text("state IN ('queued', 'running')")


def upgrade() -> None:
    """Create both; they are local tables, so without policies."""
    op.create_table(
        "task_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Uuid()),
        sa.Column("arguments", JSONB, server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("key", sa.Text()),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("attempt", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failures", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("run_after", INSTANT, nullable=False),
        sa.Column("lease_until", INSTANT),
        sa.Column("worker", sa.Text(), server_default="", nullable=False),
        sa.Column("queued_at", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], ondelete="CASCADE"),
    )
    op.create_index(
        "uq_task_runs_open_key", "task_runs", ["task", "key"], unique=True, postgresql_where=OPEN
    )
    op.create_index(None, "task_runs", ["queue", "client_id", "run_after"], postgresql_where=OPEN)
    op.create_index(None, "task_runs", ["queue", "client_id", "started_at"])
    op.create_index(None, "task_runs", ["state", "queued_at"])
    op.create_table(
        "schedule_ticks",
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("period", sa.DateTime(timezone=False), nullable=False),
        sa.Column("claimed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("schedule", "period"),
    )
    for table in ("task_runs", "schedule_ticks"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO portal_app")
        op.execute(f"GRANT SELECT ON {table} TO portal_platform")


def downgrade() -> None:
    """Drop both."""
    op.drop_table("schedule_ticks")
    op.drop_table("task_runs")
