"""What a check says, and what it is given to look at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
from psycopg.rows import TupleRow

from portal.config import Config

CONNECT_SECONDS = 3


@dataclass(frozen=True)
class Finding:
    """One thing that is well, or not, and the command that mends it."""

    name: str
    ok: bool
    what: str
    mend: str = ""
    fatal: bool = False


@dataclass(frozen=True)
class Place:
    """The installation that is looked at."""

    config: Config

    def rows(self, url: str, query: str) -> list[TupleRow]:
        """Ask one question of the database as the role of `url`."""
        address = url.replace("postgresql+psycopg://", "postgresql://", 1)
        with psycopg.connect(address, connect_timeout=CONNECT_SECONDS) as connection:
            return connection.execute(query.encode()).fetchall()

    def setting(self, name: str) -> str:
        """Read one of PostgreSQL's settings."""
        return str(self.rows(self.config.database_url, f"SHOW {name}")[0][0])


Check = Callable[[Place], Iterator[Finding]]
