"""People: who they are, where they may look, how they signed in, and what they did."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, ClientOwned
from portal.core.ids import new_id


class User(Base):
    """A person. Belongs to clients by memberships, or to the agency by `agency_role`."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str]
    """As given; mails go to this one, never to an address that somebody typed."""
    email_key: Mapped[str] = mapped_column(unique=True)
    """Case-folded: what people are found by."""
    name: Mapped[str] = mapped_column(server_default="")
    password_hash: Mapped[str] = mapped_column(server_default="")
    """argon2id; '' as long as none was set."""
    agency_role: Mapped[str] = mapped_column(server_default="")
    """admin, analyst, or '' for a client's own people."""
    theme: Mapped[str] = mapped_column(server_default="")
    """light, dark, or '' to follow the system."""
    totp_secret: Mapped[bytes | None]
    """Sealed with the secret key."""
    totp_step: Mapped[int] = mapped_column(server_default="0")
    """The last time step whose code was used; earlier ones are dead."""
    totp_confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    password_changed_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]


class Membership(Base):
    """A person may look at a client; for an analyst it is a grant, whatever the role says."""

    __tablename__ = "memberships"

    client_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str]
    """owner, manager, viewer or analyst."""
    created_at: Mapped[datetime]


class UserSession(Base):
    """One browser that is signed in, or half way there. Ended ones are kept for the list."""

    __tablename__ = "user_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    hash: Mapped[bytes] = mapped_column(unique=True)
    """SHA-256 of the cookie."""
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    is_half: Mapped[bool] = mapped_column(server_default="false")
    """The password was right, the second step is missing: opens nothing else."""
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(server_default="")
    user_agent: Mapped[str] = mapped_column(server_default="")
    address: Mapped[str] = mapped_column(server_default="")
    view_client_id: Mapped[UUID | None]
    """The client whom an agency admin views as."""
    view_role: Mapped[str] = mapped_column(server_default="")
    view_until: Mapped[datetime | None]


class RecoveryCode(Base):
    """Opens an account once when the authenticator is lost."""

    __tablename__ = "recovery_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    hash: Mapped[bytes]
    used_at: Mapped[datetime | None]


class Invitation(Base):
    """A letter to someone who may become a member, or one of the agency. The role is here alone."""

    __tablename__ = "invitations"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    hash: Mapped[bytes] = mapped_column(unique=True)
    """SHA-256 of the token in the link."""
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(server_default="")
    client_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("clients.id", ondelete="CASCADE"), index=True
    )
    """None: into the agency."""
    role: Mapped[str]
    invited_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Proof(Base):
    """A link in a mail that proves who reads it: to set a password, or to take a new address."""

    __tablename__ = "proofs"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    hash: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str]
    """password or address."""
    email: Mapped[str] = mapped_column(server_default="")
    """The new address."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    """When a change of password or address killed it."""


class AgencyAudit(Base):
    """Who did what, when, from where, outside any client. Append-only by grant."""

    __tablename__ = "agency_audit"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(index=True)
    action: Mapped[str]
    actor: Mapped[str]
    actor_id: Mapped[UUID | None]
    subject: Mapped[str] = mapped_column(server_default="")
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'::jsonb"))
    address: Mapped[str] = mapped_column(server_default="")
    request_id: Mapped[str] = mapped_column(server_default="")


class AuditEntry(ClientOwned, Base):
    """The same inside one client; its owner reads it. Append-only by grant."""

    __tablename__ = "audit_entries"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime]
    action: Mapped[str]
    actor: Mapped[str]
    actor_id: Mapped[UUID | None]
    subject: Mapped[str] = mapped_column(server_default="")
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'::jsonb"))
    address: Mapped[str] = mapped_column(server_default="")
    request_id: Mapped[str] = mapped_column(server_default="")

    __table_args__ = (sa.Index(None, "client_id", "at"),)
