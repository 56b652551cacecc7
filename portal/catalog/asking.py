"""Who asks, and how a statement is run: by the driver itself, in binary."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portal.core.calendar import Calendar, now
from portal.core.db import db

BIND = re.compile(r"(?<![:\w]):([a-z]\w*)")


@dataclass
class Statement:
    """SQL with named binds (`:name`), and their values."""

    sql: str = ""
    binds: dict[str, Any] = field(default_factory=dict)

    def driver_sql(self) -> str:
        """The same with the driver's own placeholders."""
        return BIND.sub(r"%(\1)s", self.sql.replace("%", "%%"))


@dataclass(frozen=True)
class Asking:
    """Whose numbers, by which days, at which instant, over which connection."""

    client_id: UUID
    calendar: Calendar
    now: datetime
    connection: sa.Connection

    def fetch(self, statement: Statement) -> list[tuple[Any, ...]]:
        """Run one statement."""
        raw = self.connection.connection.driver_connection
        assert raw is not None
        with raw.cursor(binary=True) as cursor:
            cursor.execute(statement.driver_sql(), statement.binds)
            return list(cursor.fetchall())


def asking_for(
    client_id: UUID,
    calendar: Calendar,
    *,
    at: datetime | None = None,
    connection: sa.Connection | None = None,
) -> Asking:
    """Ask for a client inside `acting_as`, or over a connection that sees all clients."""
    return Asking(client_id, calendar, at or now(), connection or db.session.connection())
