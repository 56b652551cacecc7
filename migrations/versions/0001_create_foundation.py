"""
Create clients, facts, marks, derived rows and rollups.

The first migration: nothing runs yet.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from portal.core.tenancy import policy_ddl, setup_ddl

revision = "0001_create_foundation"
down_revision = None

INSTANT = sa.DateTime(timezone=True)
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
# The key of a rollup row: words of 255 characters do not fit into an index.
CELL = (
    "CAST(md5("
    + " || ".join(f"CAST(length({name}) AS text) || ':' || {name}" for name in DIMENSIONS)
    + ") AS uuid)"
)


# So that a bulk load can be followed by ANALYZE; before PostgreSQL 17 only the owner could.
MAINTAIN = """
DO $$ BEGIN
  IF current_setting('server_version_num')::int >= 170000 THEN
    EXECUTE 'GRANT MAINTAIN ON ALL TABLES IN SCHEMA public TO portal_platform';
  END IF;
END $$
"""


def client_table(name: str, *parts: Any, platform_writes: bool = False) -> None:
    """Create a table that belongs to clients, with its policies and grants."""
    op.create_table(
        name,
        sa.Column("client_id", sa.Uuid(), nullable=False),
        *parts,
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], ondelete="CASCADE"),
    )
    for statement in policy_ddl(name, platform_writes=platform_writes):
        op.execute(statement)


def fact_table(name: str, *columns: Any) -> None:
    """Create a fact table: what all facts have, and the columns of its kind."""
    client_table(
        name,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("has_history", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.Text(), server_default="", nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("location", sa.Text(), server_default="", nullable=False),
        sa.Column("lead_system", sa.Text(), server_default="", nullable=False),
        sa.Column("lead_ref", sa.Text(), server_default="", nullable=False),
        sa.Column("lead_key", sa.Uuid(), nullable=True),
        sa.Column("contact_system", sa.Text(), server_default="", nullable=False),
        sa.Column("contact_ref", sa.Text(), server_default="", nullable=False),
        sa.Column("campaign_system", sa.Text(), server_default="", nullable=False),
        sa.Column("campaign_ref", sa.Text(), server_default="", nullable=False),
        sa.Column("campaign_key", sa.Uuid(), nullable=True),
        *columns,
        sa.PrimaryKeyConstraint("client_id", "id"),
        sa.UniqueConstraint("client_id", "system", "external_id"),
    )
    op.create_index(None, name, ["client_id", "occurred_at"])
    op.create_index(None, name, ["client_id", "received_at", "id"])
    op.create_index(None, name, ["client_id", "external_id"])
    for column, condition in (
        ("lead_key", "lead_key IS NOT NULL"),
        ("lead_ref", "lead_ref <> ''"),
        ("contact_ref", "contact_ref <> ''"),
    ):
        op.create_index(None, name, ["client_id", column], postgresql_where=sa.text(condition))
    op.create_index(
        None,
        name,
        ["client_id", "campaign_ref", "id"],
        postgresql_where=sa.text("campaign_ref <> '' AND campaign_key IS NULL"),
    )


def _clients() -> None:
    """Our own clients, their calendars, plans and keys."""
    op.create_table(
        "clients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("trade", sa.Text(), server_default="contractor", nullable=False),
        sa.Column("color", sa.Text(), server_default="", nullable=False),
        sa.Column("logo_id", sa.Uuid(), nullable=True),
        sa.Column("business_hours", JSONB, server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON clients TO portal_app")
    op.execute("GRANT SELECT ON clients TO portal_platform")
    op.create_table(
        "plans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("unit_amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("interval", sa.Text(), server_default="month", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON plans TO portal_app")
    op.execute("GRANT SELECT ON plans TO portal_platform")
    client_table(
        "client_calendars",
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("week_start", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "from_on"),
    )
    client_table(
        "client_status_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "id"),
    )
    client_table(
        "client_plan_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("effective_at", INSTANT, nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("unit_amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("interval", sa.Text(), server_default="month", nullable=False),
        sa.Column("interval_count", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("quantity", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("discount_ends_at", INSTANT, nullable=True),
        sa.Column("trial_ends_at", INSTANT, nullable=True),
        sa.Column("resumes_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("end_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "id"),
    )
    client_table(
        "stage_meanings",
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "from_on", "stage"),
    )
    client_table(
        "client_logos",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "id"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), server_default="api", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("clear", sa.Text(), server_default="", nullable=False),
        sa.Column("origins", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_index(None, "api_keys", ["client_id"])
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys TO portal_app")
    op.execute("GRANT SELECT ON api_keys TO portal_platform")


def _facts() -> None:
    """What clients and their systems send."""
    fact_table(
        "leads",
        sa.Column("stage", sa.Text(), server_default="", nullable=False),
        sa.Column("stage_at", INSTANT, nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("company", sa.Text(), server_default="", nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("value_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.Column("lost_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("is_placeholder", sa.Boolean(), server_default="false", nullable=False),
    )
    fact_table(
        "stage_changes",
        sa.Column("stage", sa.Text(), nullable=False),
    )
    fact_table(
        "messages",
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("medium", sa.Text(), server_default="", nullable=False),
        sa.Column("conversation", sa.Text(), server_default="", nullable=False),
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("delivered_at", INSTANT, nullable=True),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.Column("failed_at", INSTANT, nullable=True),
        sa.Column("bounced_at", INSTANT, nullable=True),
        sa.Column("replied_at", INSTANT, nullable=True),
        sa.Column("cost_micros", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
    )
    op.create_index(
        None,
        "messages",
        ["client_id", "conversation", "occurred_at"],
        postgresql_where=sa.text("conversation <> ''"),
    )
    op.create_index(
        None, "messages", ["client_id", "sent_at"], postgresql_where=sa.text("sent_at IS NOT NULL")
    )
    fact_table(
        "calls",
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("duration_seconds", sa.BigInteger(), nullable=True),
        sa.Column("handled_by", sa.Text(), server_default="", nullable=False),
        sa.Column("quality", sa.Double(), nullable=True),
        sa.Column("is_successful", sa.Boolean(), nullable=True),
        sa.Column("line", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
    )
    fact_table(
        "funnel_events",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("ref_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("ref_system", sa.Text(), server_default="", nullable=False),
        sa.Column("ref_id", sa.Text(), server_default="", nullable=False),
    )
    op.create_index(
        None, "funnel_events", ["client_id", "ref_id"], postgresql_where=sa.text("ref_id <> ''")
    )
    fact_table(
        "jobs",
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("won_at", INSTANT, nullable=True),
        sa.Column("lost_at", INSTANT, nullable=True),
        sa.Column("completed_at", INSTANT, nullable=True),
        sa.Column("cancelled_at", INSTANT, nullable=True),
        sa.Column("value_minor", sa.BigInteger(), nullable=True),
        sa.Column("cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("product", sa.Text(), server_default="", nullable=False),
        sa.Column("lost_reason", sa.Text(), server_default="", nullable=False),
    )
    fact_table(
        "payments",
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("refund_of_system", sa.Text(), server_default="", nullable=False),
        sa.Column("refund_of_ref", sa.Text(), server_default="", nullable=False),
        sa.Column("job_system", sa.Text(), server_default="", nullable=False),
        sa.Column("job_ref", sa.Text(), server_default="", nullable=False),
        sa.Column("invoice_ref", sa.Text(), server_default="", nullable=False),
        sa.Column("subscription_ref", sa.Text(), server_default="", nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=True),
        sa.Column("method", sa.Text(), server_default="", nullable=False),
        sa.Column("product", sa.Text(), server_default="", nullable=False),
        sa.Column("country", sa.Text(), server_default="", nullable=False),
    )
    op.create_index(
        None, "payments", ["client_id", "job_ref"], postgresql_where=sa.text("job_ref <> ''")
    )
    op.create_index(
        None,
        "payments",
        ["client_id", "refund_of_ref"],
        postgresql_where=sa.text("refund_of_ref <> ''"),
    )
    fact_table(
        "usage_costs",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=True),
    )
    fact_table(
        "campaigns",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("starts_at", INSTANT, nullable=True),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.Column("budget_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
    )
    fact_table(
        "campaign_spend",
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=True),
        sa.Column("impressions", sa.BigInteger(), nullable=True),
    )
    op.create_index(None, "campaign_spend", ["client_id", "campaign_ref"])
    op.create_index(None, "campaign_spend", ["client_id", "occurred_on"])


def _events() -> None:
    """Product events, kept versions, and what was refused."""
    client_table(
        "events",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("timestamp", INSTANT, nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("user_id", sa.Text(), server_default="", nullable=False),
        sa.Column("anonymous_id", sa.Text(), server_default="", nullable=False),
        sa.Column("previous_id", sa.Text(), server_default="", nullable=False),
        sa.Column("actor", sa.Text(), server_default="", nullable=False),
        sa.Column("properties", JSONB, nullable=False),
        sa.Column("context", JSONB, nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "system", "message_id"),
    )
    op.create_index(
        None, "events", ["client_id", "name", "occurred_at"], postgresql_include=["actor"]
    )
    op.create_index(
        None, "events", ["client_id", "occurred_at"], postgresql_include=["actor", "name"]
    )
    op.create_index(None, "events", ["client_id", "received_at", "message_id"])
    op.create_index(None, "events", ["client_id", "actor", "occurred_at"])
    op.create_index(
        None,
        "events",
        ["client_id", "anonymous_id"],
        postgresql_where=sa.text("type = 'identify'"),
    )
    op.create_index(
        None, "events", ["client_id", "previous_id"], postgresql_where=sa.text("type = 'alias'")
    )
    client_table(
        "fact_versions",
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("is_withdrawal", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "fact_id", "version"),
    )
    client_table(
        "ingest_refusals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), server_default="", nullable=False),
        sa.Column("field", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("client_id", "id"),
    )
    op.create_index(None, "ingest_refusals", ["client_id", "received_at"])


def _derived() -> None:
    """What is rebuilt from facts, and the marks that say what is due."""
    client_table(
        "day_marks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("marked_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "id"),
        platform_writes=True,
    )
    client_table(
        "entity_marks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("marked_at", INSTANT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "id"),
        platform_writes=True,
    )
    client_table(
        "lead_spans",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("aspect", sa.Text(), nullable=False),
        sa.Column("from_at", INSTANT, nullable=False),
        sa.Column("to_at", INSTANT, nullable=True),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("is_estimated", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(["client_id", "lead_id"], ["leads.client_id", "leads.id"]),
        sa.PrimaryKeyConstraint("client_id", "lead_id", "aspect", "from_at"),
    )
    op.create_index(None, "lead_spans", ["client_id", "aspect", "from_at"])
    op.create_index(None, "lead_spans", ["client_id", "aspect", "to_at"])
    client_table(
        "steps",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("product", sa.Text(), server_default="", nullable=False),
        sa.Column("is_doubtful", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(["client_id", "lead_id"], ["leads.client_id", "leads.id"]),
        sa.PrimaryKeyConstraint("client_id", "origin", "origin_id", "kind"),
    )
    op.create_index(None, "steps", ["client_id", "lead_id"])
    op.create_index(None, "steps", ["client_id", "kind", "occurred_at"])
    op.create_index(None, "steps", ["client_id", "occurred_at"])
    client_table(
        "turns",
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("answered_by", sa.Text(), server_default="", nullable=False),
        sa.Column("first_ai_at", INSTANT, nullable=True),
        sa.Column("first_person_at", INSTANT, nullable=True),
        sa.Column("business_seconds", sa.BigInteger(), nullable=True),
        sa.Column("is_unanswered", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("medium", sa.Text(), server_default="", nullable=False),
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("lead_key", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("client_id", "conversation", "started_at"),
    )
    op.create_index(None, "turns", ["client_id", "started_at"])
    op.create_index(
        "ix_turns_pending",
        "turns",
        ["client_id", "started_at"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    client_table(
        "replies",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("replied_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "message_id"),
    )
    client_table(
        "product_sessions",
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "actor", "started_at"),
    )
    op.create_index(None, "product_sessions", ["client_id", "started_at"])
    client_table(
        "actors",
        sa.Column("anonymous_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("known_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "anonymous_id"),
    )
    client_table(
        "plan_movements",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("client_id", "day", "currency"),
    )
    client_table(
        "plan_fees",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "day", "currency"),
    )
    client_table(
        "lent_dimensions",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "kind", "entity_id"),
    )
    op.create_table(
        "backfills",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON backfills TO portal_app")
    op.execute("GRANT SELECT ON backfills TO portal_platform")


def _rollups() -> None:
    """Measures per local day."""
    client_table(
        "rollup_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("rolled_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "day"),
        platform_writes=True,
    )
    client_table(
        "rollups",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("cell", sa.Uuid(), sa.Computed(CELL, persisted=True), nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.Text(), server_default="", nullable=False),
        sa.Column("medium", sa.Text(), server_default="", nullable=False),
        sa.Column("campaign", sa.Text(), server_default="", nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("location", sa.Text(), server_default="", nullable=False),
        sa.Column("stage", sa.Text(), server_default="", nullable=False),
        sa.Column("sender", sa.Text(), server_default="", nullable=False),
        sa.Column("direction", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("handled_by", sa.Text(), server_default="", nullable=False),
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("product", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("value", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint(
            "client_id",
            "day",
            "measure",
            "currency",
            "cell",
        ),
        platform_writes=True,
    )
    op.create_index(None, "rollups", ["client_id", "measure", "day"])
    client_table(
        "rollup_hours",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour_at", INSTANT, nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("cell", sa.Uuid(), sa.Computed(CELL, persisted=True), nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.Text(), server_default="", nullable=False),
        sa.Column("medium", sa.Text(), server_default="", nullable=False),
        sa.Column("campaign", sa.Text(), server_default="", nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("location", sa.Text(), server_default="", nullable=False),
        sa.Column("stage", sa.Text(), server_default="", nullable=False),
        sa.Column("sender", sa.Text(), server_default="", nullable=False),
        sa.Column("direction", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("handled_by", sa.Text(), server_default="", nullable=False),
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("product", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("value", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint(
            "client_id",
            "day",
            "hour_at",
            "measure",
            "currency",
            "cell",
        ),
        platform_writes=True,
    )


def upgrade() -> None:
    """Create everything."""
    for statement in setup_ddl():
        op.execute(statement)
    _clients()
    _facts()
    _events()
    _derived()
    _rollups()
    op.execute(MAINTAIN)


def downgrade() -> None:
    """Drop everything."""
    for table in (
        "rollup_hours",
        "rollups",
        "rollup_days",
        "backfills",
        "lent_dimensions",
        "plan_fees",
        "plan_movements",
        "actors",
        "product_sessions",
        "replies",
        "turns",
        "steps",
        "lead_spans",
        "entity_marks",
        "day_marks",
        "ingest_refusals",
        "fact_versions",
        "events",
        "campaign_spend",
        "campaigns",
        "usage_costs",
        "payments",
        "jobs",
        "funnel_events",
        "calls",
        "messages",
        "stage_changes",
        "leads",
        "api_keys",
        "client_logos",
        "stage_meanings",
        "client_plan_changes",
        "client_status_changes",
        "client_calendars",
        "plans",
        "clients",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION portal_set_client(uuid)")
