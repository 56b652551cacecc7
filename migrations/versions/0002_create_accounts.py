"""
Create people, memberships, sessions, invitations, proofs, mails and the audit logs.

Expand only: nothing reads them yet.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from portal.core.tenancy import policy_ddl

revision = "0002_create_accounts"
down_revision = "0001_create_foundation"

INSTANT = sa.DateTime(timezone=True)
LOCAL = ("user_sessions", "recovery_codes", "invitations", "proofs", "mail_outbox")


def instant(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Make a column that holds an instant."""
    return sa.Column(name, INSTANT, nullable=nullable)


def text(name: str) -> sa.Column[Any]:
    """Make a text column, '' unless said."""
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def of_user() -> tuple[Any, ...]:
    """Columns and key of a row that belongs to a person."""
    return (
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    )


def audit_columns() -> tuple[Any, ...]:
    """Columns that both audit logs have."""
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        instant("at"),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        text("subject"),
        sa.Column("detail", JSONB, server_default=sa.text("'{}'::jsonb"), nullable=False),
        text("address"),
        text("request_id"),
    )


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        text("name"),
        text("password_hash"),
        text("agency_role"),
        text("theme"),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), server_default="0", nullable=False),
        instant("totp_confirmed_at", nullable=True),
        instant("created_at"),
        instant("password_changed_at", nullable=True),
        instant("disabled_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email_key"),
    )
    op.create_table(
        "memberships",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        *of_user(),
        sa.Column("role", sa.Text(), nullable=False),
        instant("created_at"),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("client_id", "user_id"),
    )
    op.create_index(None, "memberships", ["user_id"])


def _sessions() -> None:
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        *of_user(),
        sa.Column("is_half", sa.Boolean(), server_default="false", nullable=False),
        instant("created_at"),
        instant("seen_at"),
        instant("ended_at", nullable=True),
        text("end_reason"),
        text("user_agent"),
        text("address"),
        sa.Column("view_client_id", sa.Uuid(), nullable=True),
        text("view_role"),
        instant("view_until", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        *of_user(),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        instant("used_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    for table in ("user_sessions", "recovery_codes"):
        op.create_index(None, table, ["user_id"])


def _letters() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        text("name"),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        instant("created_at"),
        instant("expires_at"),
        instant("accepted_at", nullable=True),
        instant("revoked_at", nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_index(None, "invitations", ["client_id"])
    op.create_index(None, "invitations", ["email_key"])
    op.create_table(
        "proofs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        *of_user(),
        sa.Column("purpose", sa.Text(), nullable=False),
        text("email"),
        instant("created_at"),
        instant("expires_at"),
        instant("used_at", nullable=True),
        instant("dead_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_index(None, "proofs", ["user_id"])


def _mails() -> None:
    op.create_table(
        "mail_outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("to_address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("context", sa.LargeBinary(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("attempt", sa.BigInteger(), server_default="0", nullable=False),
        instant("created_at"),
        instant("due_at"),
        instant("lease_until", nullable=True),
        sa.Column("is_doubtful", sa.Boolean(), server_default="false", nullable=False),
        instant("sent_at", nullable=True),
        text("error"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    waiting = sa.text("state IN ('queued', 'sending')")
    op.create_index(None, "mail_outbox", ["due_at"], postgresql_where=waiting)


def _audit() -> None:
    """Append-only: whoever breaks into the web cannot rewrite what it did."""
    op.create_table("agency_audit", *audit_columns(), sa.PrimaryKeyConstraint("id"))
    op.create_index(None, "agency_audit", ["at"])
    op.create_table(
        "audit_entries",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        *audit_columns(),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("client_id", "id"),
    )
    op.create_index(None, "audit_entries", ["client_id", "at"])
    for statement in policy_ddl("audit_entries"):
        op.execute(statement)
    op.execute("GRANT SELECT ON agency_audit TO portal_platform")
    for table in ("agency_audit", "audit_entries"):
        op.execute(f"REVOKE ALL ON {table} FROM portal_app")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO portal_app")


def upgrade() -> None:
    """Create the tables and their grants."""
    _people()
    _sessions()
    _letters()
    _mails()
    for table in ("users", "memberships", *LOCAL):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO portal_app")
    for table in ("users", "memberships", "invitations"):
        op.execute(f"GRANT SELECT ON {table} TO portal_platform")
    for table in ("user_sessions", "recovery_codes", "proofs", "mail_outbox"):
        op.execute(f"REVOKE ALL ON {table} FROM portal_platform")
    _audit()


def downgrade() -> None:
    """Drop the tables."""
    for table in ("audit_entries", "agency_audit", *reversed(LOCAL), "memberships", "users"):
        op.drop_table(table)
