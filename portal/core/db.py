"""The database handle, the naming convention, and what makes a table client-owned."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, registry

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# Accepted as placeholders by plain PostgreSQL; on Citus they make SET LOCAL reach the workers.
OPTIONS = (
    "-c timezone=UTC -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000"
    " -c citus.propagate_set_commands=local -c citus.multi_shard_modify_mode=sequential"
    " -c citus.enable_local_execution=off"
)


class Base(DeclarativeBase):
    """Base of every model; each names its table, in the plural."""

    # A registry rather than `type_annotation_map`: Flask-SQLAlchemy subclasses Base, and SQLAlchemy
    # 2.1 refuses a map on a class that inherits a registry.
    registry = registry(
        metadata=sa.MetaData(naming_convention=CONVENTION),
        type_annotation_map={
            datetime: sa.DateTime(timezone=True),
            int: sa.BigInteger,
            str: sa.Text,
            dict[str, Any]: JSONB,
        },
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


class ClientOwned:
    """Mixin: a row belongs to one client, and row-level security hides it from all others."""

    @declared_attr
    def client_id(cls) -> Mapped[UUID]:  # noqa: N805 - SQLAlchemy passes the class
        """The owner; first column of every key."""
        return mapped_column(
            sa.ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True, sort_order=-10
        )


def engine_options(pool_size: int, pool_timeout_seconds: int) -> dict[str, Any]:
    """Give the settings that every engine of the portal shares."""
    return {
        "pool_size": pool_size,
        "max_overflow": 0,
        "pool_timeout": pool_timeout_seconds,
        "pool_pre_ping": True,
        "hide_parameters": True,  # errors are logged, and values are personal
        "connect_args": {
            "options": OPTIONS,
            "connect_timeout": 2,
            "keepalives_idle": 10,
            "tcp_user_timeout": 10000,
        },
    }


def driver_url(url: str) -> str:
    """Name the psycopg 3 driver in a plain `postgresql://` address."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


@contextmanager
def platform_connection(*, read_only: bool = True) -> Iterator[sa.Connection]:
    """
    Open one transaction as portal_platform: all clients are visible.

    Read only unless asked otherwise, which only `rollups` does; commits at the end.
    """
    engine: sa.Engine = current_app.extensions["platform_engine"]
    with engine.begin() as connection:
        if read_only:
            connection.execute(sa.text("SET TRANSACTION READ ONLY"))
        yield connection
