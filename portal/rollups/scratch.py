"""
The working tables of one sweep: temporary, of one connection, empty at each commit.

`old_<table>` and `new_<table>` have the columns of a derived table; `replace` writes only what
differs between them, and remembers the instants that this touches.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from string import Template
from typing import Any
from uuid import UUID

import sqlalchemy as sa

BIND = re.compile(r"(?<![:\w]):(\w+)")

TEMPORARY = "CREATE TEMPORARY TABLE IF NOT EXISTS $name ($columns) ON COMMIT DELETE ROWS"

FACT = (
    "origin text, id uuid, at timestamptz, system text, external_id text,"
    " lead_system text, lead_ref text, contact_system text, contact_ref text,"
    " campaign_system text, campaign_ref text, lead_key uuid, campaign_key uuid,"
    " job_system text, job_ref text, refund_system text, refund_ref text"
)
LINK = (
    "origin text, id uuid, external_id text, lead_ref text, contact_ref text, campaign_ref text,"
    " lead_key uuid, campaign_key uuid"
)
WORK = {
    "marked": "kind text, ref text",
    "marked_leads": "id uuid",
    "moved_campaigns": "id uuid, ref text",
    "touched": FACT,
    "followers": FACT,
    "names": "kind text, ref text, system text, id uuid, lead_key uuid, is_only boolean",
    "lead_names": "ref text, system text, id uuid, is_placeholder boolean, is_only boolean",
    "people": "ref text, system text, id uuid, at timestamptz, tie text, is_only_system boolean",
    "linked": LINK,
    "relinked": LINK,
    "locked": "id uuid",
    "told": "event_id uuid",
    "rivals": "lead_id uuid, kind text, origin_id uuid, value_minor bigint, at timestamptz",
    "due_leads": "id uuid",
    "live_leads": "id uuid, at timestamptz",
    "due_facts": "origin text, id uuid",
    "stretched_leads": "id uuid",
    "due_conversations": "conversation text",
    "standing": "anonymous_id text, actor text",
    "due_actors": "actor text",
    "questions": (
        "conversation text, run bigint, at timestamptz, tie text,"
        " medium text, account text, lead_key uuid"
    ),
    "answers": (
        "conversation text, number bigint, at timestamptz, sender text,"
        " next_ai_at timestamptz, next_person_at timestamptz"
    ),
    "moments": "at timestamptz",
    "moment_days": "day date",
}
# So that no plan is bad, whatever the planner knows of tables that were just filled.
INDEXED = (
    ("marked", "ref, kind"),
    ("marked_leads", "id"),
    ("touched", "id"),
    ("touched", "external_id"),
    ("linked", "id"),
    ("locked", "id"),
    ("relinked", "id"),
    ("relinked", "external_id"),
    ("names", "ref"),
    ("lead_names", "ref"),
    ("people", "ref"),
    ("due_leads", "id"),
    ("live_leads", "id"),
    ("due_facts", "id"),
    ("moved_campaigns", "ref"),
    ("changed_steps", "lead_id"),
    ("stretched_leads", "id"),
    ("told", "event_id"),
    ("rivals", "lead_id"),
    ("due_conversations", "conversation"),
    ("due_actors", "actor"),
    ("questions", "conversation, run, at"),
    ("answers", "conversation, number"),
)


@dataclass(frozen=True)
class Derived:
    """A derived table, its key without the client, and its columns that date it."""

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    instants: tuple[str, ...] = ()


DERIVED = {
    one.table: one
    for one in (
        Derived(
            "steps",
            ("origin", "origin_id", "kind"),
            (
                "origin",
                "origin_id",
                "kind",
                "lead_id",
                "occurred_at",
                "value_minor",
                "currency",
                "product",
                "is_doubtful",
            ),
            ("occurred_at",),
        ),
        Derived(
            "lead_spans",
            ("lead_id", "aspect", "from_at"),
            ("lead_id", "aspect", "from_at", "to_at", "value", "is_estimated"),
            ("from_at", "to_at"),
        ),
        Derived(
            "turns",
            ("conversation", "started_at"),
            (
                "conversation",
                "started_at",
                "ended_at",
                "answered_by",
                "first_ai_at",
                "first_person_at",
                "business_seconds",
                "is_unanswered",
                "medium",
                "account",
                "lead_key",
            ),
            ("started_at",),
        ),
        Derived("replies", ("message_id",), ("message_id", "replied_at")),
        Derived(
            "product_sessions",
            ("actor", "started_at"),
            ("actor", "started_at", "ended_at", "events"),
            ("started_at",),
        ),
        Derived("actors", ("anonymous_id",), ("anonymous_id", "user_id", "known_at")),
        Derived(
            "plan_movements",
            ("day", "currency"),
            ("day", "currency", "kind", "amount_minor", "reason"),
        ),
        Derived("plan_fees", ("day", "currency"), ("day", "currency", "amount_minor")),
        Derived("lent_dimensions", ("kind", "entity_id"), ("kind", "entity_id", "value")),
    )
}

CHANGED = """
INSERT INTO changed_$table (is_new, $columns)
SELECT false, o.* FROM (SELECT $columns FROM old_$table EXCEPT SELECT $columns FROM new_$table) o
UNION ALL
SELECT true, n.* FROM (SELECT $columns FROM new_$table EXCEPT SELECT $columns FROM old_$table) n
"""
REMOVE = """
DELETE FROM $table t USING changed_$table c
WHERE t.client_id = :client AND NOT c.is_new AND ($t_key) = ($c_key)
"""
ADD = """
INSERT INTO $table (client_id, $columns)
SELECT :client, $columns FROM changed_$table WHERE is_new
"""
REMEMBER = "INSERT INTO moments (at) SELECT unnest(ARRAY[$instants]) FROM changed_$table"


def ddl() -> str:
    """Write all working tables as one script."""
    tables = dict(WORK)
    for derived in DERIVED.values():
        for name in (f"old_{derived.table}", f"new_{derived.table}"):
            tables[name] = f"LIKE {derived.table}"
        tables[f"changed_{derived.table}"] = f"is_new boolean, LIKE {derived.table}"
    made = [Template(TEMPORARY).substitute(name=n, columns=c) for n, c in tables.items()]
    nullable = [
        f"ALTER TABLE {kind}_{table} ALTER client_id DROP NOT NULL"
        for table in DERIVED
        for kind in ("old", "new", "changed")
    ]
    keys = [(f"changed_{one.table}", ", ".join(one.key)) for one in DERIVED.values()]
    indexes = [
        f"CREATE INDEX IF NOT EXISTS ix_{table}_{number} ON {table} ({columns})"
        for number, (table, columns) in enumerate((*INDEXED, *keys))
    ]
    # Known to be empty; else the planner takes a table that it never saw for a thousand rows.
    known = [f"ANALYZE {', '.join(tables)}"]
    return "; ".join([*made, *nullable, *indexes, *known])


def prepare(connection: sa.Connection) -> None:
    """Make the working tables unless this connection has them."""
    found = connection.exec_driver_sql("SELECT to_regclass('pg_temp.moment_days') IS NOT NULL")
    if not found.scalar_one():
        connection.exec_driver_sql(ddl())


class Scratch:
    """One client's unit of work on the working tables."""

    def __init__(self, connection: sa.Connection, client_id: UUID, now: datetime) -> None:
        self.connection = connection
        self.client_id = client_id
        self.now = now

    def run(self, sql: str, into: str = "", /, **names: object) -> int:
        """
        Run a statement; return how many rows it wrote.

        Args:
            sql: `$name` is replaced by names of tables and columns, `:bind` is bound; `:client`
                is always there.
            into: the working table that it fills, whose statistics are then renewed.
            names: strings for `$name`, anything for `:bind`.
        """
        count = self.ask(sql, **names).rowcount
        if into and count:
            self.analyze(into)
        return count

    def analyze(self, table: str) -> None:
        """Renew the statistics of a working table."""
        self.connection.exec_driver_sql(f"ANALYZE {table}")

    def ask(self, sql: str, /, **names: object) -> sa.CursorResult[*tuple[Any, ...]]:
        """Run a statement and give its result."""
        words = {name: value for name, value in names.items() if isinstance(value, str)}
        text = sa.text(Template(sql).safe_substitute(words))
        binds = {"client": self.client_id, "now": self.now, **names}
        return self.connection.execute(text, {name: binds[name] for name in BIND.findall(sql)})

    def clear(self, *tables: str) -> None:
        """Empty working tables that are used more than once."""
        self.connection.exec_driver_sql(f"TRUNCATE {', '.join(tables)}")

    def replace(self, derived: Derived) -> int:
        """Make the stored rows of old_… be those of new_…; return how many differ."""
        columns = ", ".join(derived.columns)
        changed = self.run(
            CHANGED, f"changed_{derived.table}", table=derived.table, columns=columns
        )
        if not changed:
            return 0
        t_key = ", ".join(f"t.{name}" for name in derived.key)
        self.run(REMOVE, table=derived.table, t_key=t_key, c_key=t_key.replace("t.", "c."))
        self.run(ADD, table=derived.table, columns=columns)
        if derived.instants:
            instants = ", ".join(derived.instants)
            self.run(REMEMBER, table=derived.table, instants=instants)
        return changed
