"""Runs the migrations as portal_owner: one at a time in the world, and none that waits for long."""

from alembic import context
from sqlalchemy import Connection, create_engine, pool, text

from portal import models
from portal.config import Config
from portal.core.db import Base, driver_url
from portal.core.registry import discover

LOCK = 7_302_210  # any number, the same in every process


def run(connection: Connection) -> None:
    """Run what is missing, each migration in a transaction of its own."""
    connection.execute(text("SET lock_timeout = '4s'"))
    connection.execute(text("SET statement_timeout = '30s'"))
    connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        include_schemas=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
    connection.execute(text(f"SELECT pg_advisory_unlock({LOCK})"))
    connection.commit()


discover(models)
url = context.config.attributes.get("url") or Config.from_env().database_owner_url
engine = create_engine(driver_url(url), poolclass=pool.NullPool)
with engine.connect() as given:
    run(given)
