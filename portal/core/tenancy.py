"""
The one place where tenant isolation is enforced.

`acting_as(client)` names the client for a unit of work. A session hook hands that name to
PostgreSQL as the first statement of every transaction, and a row-level-security policy on each
client-owned table compares it with `client_id`. A second lock: every statement carries
`client_id = …` as well. ORM statements get it here; the compiler, `rollups` and `ingest` write it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from portal.core.db import Base, ClientOwned, db
from portal.core.errors import NoClient, WrongClient

SETTING = "portal.client_id"
Placement = Literal["client", "reference", "local"]

# Which node of a cluster would hold a table; anything with ClientOwned is "client".
REFERENCE = frozenset({"plans", "clients", "users", "memberships"})

_client: ContextVar[UUID | None] = ContextVar("client", default=None)


@contextmanager
def acting_as(client_id: UUID) -> Iterator[None]:
    """
    Show only `client_id`'s rows until the block ends.

    An open transaction is committed on the way in and on the way out, because the client may be set
    only once in a transaction, as its first statement. An error rolls back.

    Raises:
        WrongClient: the unit of work already acts as another client.
    """
    if (now := _client.get()) == client_id:
        yield
        return
    if now is not None:
        raise WrongClient(f"already acting as {now}")
    _end_transaction()
    token = _client.set(client_id)
    try:
        yield
        _end_transaction()
    except BaseException:
        abandon()
        raise
    finally:
        _client.reset(token)
        _forget_client_rows()


def abandon() -> None:
    """Roll back; a connection that is lost is dropped, and with it what it had begun."""
    try:
        db.session.rollback()
    except sa.exc.DBAPIError:
        db.session().invalidate()


def current_client_id() -> UUID:
    """
    Tell whose rows are in sight.

    Raises:
        NoClient: outside `acting_as`.
    """
    if (client_id := _client.get()) is None:
        raise NoClient("no client in scope; wrap the work in acting_as()")
    return client_id


def placement(table: str) -> Placement:
    """Say whether `table` is a client table, a reference table, or local to the coordinator."""
    if "client_id" in Base.metadata.tables[table].primary_key.columns:
        return "client" if table not in REFERENCE else "reference"
    return "reference" if table in REFERENCE else "local"


def client_tables() -> list[str]:
    """List the tables whose rows belong to a client, sorted by name."""
    return sorted(name for name in Base.metadata.tables if placement(name) == "client")


def setup_ddl() -> tuple[str, ...]:
    """SQL that makes the function which sets the client; the first migration runs it."""
    return (
        # EXECUTE … SET LOCAL rather than set_config: only the first reaches Citus' workers.
        f"""CREATE FUNCTION portal_set_client(client uuid) RETURNS void LANGUAGE plpgsql AS
        $$ BEGIN EXECUTE format('SET LOCAL {SETTING} = %L', client); END $$""",
        "REVOKE ALL ON FUNCTION portal_set_client(uuid) FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION portal_set_client(uuid) TO portal_app",
    )


def policy_ddl(table: str, *, platform_writes: bool = False) -> tuple[str, ...]:
    """SQL that makes `table` client-owned; migrations run it right after CREATE TABLE."""
    mine = f"client_id = nullif(current_setting('{SETTING}', true), '')::uuid"
    writes = ", INSERT, UPDATE, DELETE" if platform_writes else ""
    return (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY client ON {table} TO portal_app USING ({mine}) WITH CHECK ({mine})",
        f"CREATE POLICY platform ON {table} TO portal_platform USING (true) WITH CHECK (true)",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO portal_app",
        f"GRANT SELECT{writes} ON {table} TO portal_platform",
    )


@event.listens_for(Session, "after_begin")
def _tell_new_transaction(_session: Session, transaction: Any, connection: sa.Connection) -> None:
    if not transaction.nested and (client := _client.get()) is not None:
        connection.exec_driver_sql("SELECT portal_set_client(%s)", (client,))


@event.listens_for(Session, "do_orm_execute")
def _carry_the_client(state: ORMExecuteState) -> None:
    if state.is_relationship_load or state.is_column_load:
        return
    if (client := _client.get()) is not None:
        state.statement = state.statement.options(
            with_loader_criteria(
                ClientOwned, lambda cls: cls.client_id == client, include_aliases=True
            )
        )


def _end_transaction() -> None:
    if db.session().in_transaction():
        db.session.commit()


def _forget_client_rows() -> None:
    """Empty the identity map, or `get` would answer from memory what the policy hides."""
    for row in [row for row in db.session if isinstance(row, ClientOwned)]:
        db.session.expunge(row)
