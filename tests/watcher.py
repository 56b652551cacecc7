"""Watches every statement that the suite runs as portal_app: each names its client."""

import re
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import event

from portal.core.tenancy import client_tables

violations: list[str] = []
"""Statements on client tables that do not carry `client_id`, since last asked."""


class WatchedCursor(psycopg.Cursor[Any]):
    """A cursor that notes what it runs, whoever asked: ORM, Core, or the driver."""

    def execute(self, query: Any, *args: Any, **options: Any) -> "WatchedCursor":
        """Look, then run."""
        look(query)
        return super().execute(query, *args, **options)

    def executemany(self, query: Any, *args: Any, **options: Any) -> None:
        """Look, then run."""
        look(query)
        super().executemany(query, *args, **options)

    def copy(self, statement: Any, *args: Any, **options: Any) -> Any:
        """Look, then run."""
        look(statement)
        return super().copy(statement, *args, **options)


def watch(engine: sa.Engine) -> None:
    """Give each new connection of `engine` a watched cursor."""

    @event.listens_for(engine, "connect")
    def _watch(connection: Any, _record: Any) -> None:
        connection.cursor_factory = WatchedCursor


def look(query: Any) -> None:
    """Note `query` when it touches a client table without naming the client."""
    text = query.as_string() if hasattr(query, "as_string") else str(query)
    if _touches().search(text) and "client_id" not in text:
        violations.append(text)


def _touches() -> re.Pattern[str]:
    tables = "|".join(client_tables())
    return re.compile(
        rf'\b(?:from|join|into|update|copy)\s+(?:only\s+)?"?(?:{tables})\b', re.IGNORECASE
    )
