"""
Single statements in autocommit, for what every request asks: no BEGIN, no COMMIT, no ping.

A few connections of their own, so that neither isolation level nor client is ever set on them. A
connection that turns out to be dead is thrown away and the statement tried once more; so it must be
one that may run twice.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
import sqlalchemy as sa
from flask import current_app
from sqlalchemy import event

from portal.core.db import db, driver_url, engine_options
from portal.core.settings import current_config

CONNECTIONS = 2
TRIES = 2
KEY = "single_statements"


def one(statement: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """Read at most one row."""
    row: tuple[Any, ...] | None = _run(statement, values, fetch=True)
    return row


def run(statement: str, values: Sequence[Any]) -> None:
    """Write; done when it returns."""
    _run(statement, values, fetch=False)


def _run(statement: str, values: Sequence[Any], *, fetch: bool) -> Any:
    for left in reversed(range(TRIES)):
        connection = _engine().raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(statement, values)
            return cursor.fetchone() if fetch else None
        except psycopg.OperationalError:
            connection.invalidate()
            if not left:
                raise
        finally:
            connection.close()
    return None


def _engine() -> sa.Engine:
    found: sa.Engine | None = current_app.extensions.get(KEY)
    return found if found is not None else _make()


def _make() -> sa.Engine:
    config = current_config()
    options = {**engine_options(CONNECTIONS, config.pool_timeout_seconds), "pool_pre_ping": False}
    engine = sa.create_engine(
        driver_url(config.database_url),
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
        **options,
    )
    current_app.extensions[KEY] = engine
    event.listen(db.engine, "engine_disposed", lambda _engine: engine.dispose())
    return engine
