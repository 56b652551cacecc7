"""What the database itself says about isolation: read from pg_catalog, not from our models."""

from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

from portal.config import Config
from portal.core.db import Base, driver_url
from portal.core.tenancy import REFERENCE, client_tables, placement

OURS = "NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')"
"""Not made by an extension."""
PLATFORM_WRITES = {"day_marks", "entity_marks", "rollup_days", "rollups", "rollup_hours"}


@pytest.fixture(scope="module")
def owner(app: Flask, config: Config) -> Any:
    """A connection that sees the whole catalog."""
    engine = sa.create_engine(driver_url(config.database_owner_url))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def ask(owner: sa.Connection, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    """Rows of a catalog query."""
    return [tuple(row) for row in owner.execute(sa.text(sql), values)]


def test_every_table_of_the_database_is_known(owner: sa.Connection) -> None:
    """A table that no model names would have no placement, and maybe no policy."""
    found = ask(
        owner,
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')"
        " AND relnamespace = 'public'::regnamespace",
    )

    assert {name for (name,) in found} - {"alembic_version"} == set(Base.metadata.tables)


def test_every_client_table_has_forced_policies(owner: sa.Connection) -> None:
    """Enabled and forced, one policy for portal_app on the setting, one for portal_platform."""
    forced = dict(
        ask(
            owner,
            "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class"
            " WHERE relname = ANY(:tables)",
            tables=client_tables(),
        )
    )
    policies = ask(
        owner,
        "SELECT tablename, roles::text[], qual, with_check FROM pg_policies"
        " WHERE tablename = ANY(:tables)",
        tables=client_tables(),
    )
    mine = "(client_id = (NULLIF(current_setting('portal.client_id'::text, true), ''::text))::uuid)"

    assert set(forced) == set(client_tables())
    assert all(forced.values())
    for table in client_tables():
        found = {
            tuple(roles): (qual, check) for name, roles, qual, check in policies if name == table
        }
        assert found == {("portal_app",): (mine, mine), ("portal_platform",): ("true", "true")}


def test_no_policy_lets_everyone_through(owner: sa.Connection) -> None:
    assert ask(owner, "SELECT tablename FROM pg_policies WHERE 'public' = ANY(roles)") == []


def test_no_role_of_the_portal_can_bypass_policies(owner: sa.Connection) -> None:
    roles = ask(
        owner,
        "SELECT rolname FROM pg_roles"
        " WHERE rolname LIKE 'portal\\_%' AND (rolsuper OR rolbypassrls)",
    )
    owned = ask(
        owner,
        "SELECT relname FROM pg_class JOIN pg_roles r ON r.oid = relowner"
        f" WHERE relnamespace = 'public'::regnamespace AND rolname <> 'portal_owner' AND {OURS}",
    )
    members = ask(
        owner,
        "SELECT m.rolname FROM pg_auth_members JOIN pg_roles m ON m.oid = member"
        " WHERE m.rolname IN ('portal_app', 'portal_platform')",
    )

    assert roles == owned == members == []


def test_the_platform_role_writes_rollups_and_marks_alone(owner: sa.Connection) -> None:
    rows = ask(
        owner,
        "SELECT DISTINCT table_name FROM information_schema.role_table_grants"
        " WHERE grantee = 'portal_platform' AND privilege_type <> 'SELECT'",
    )

    assert {name for (name,) in rows} == PLATFORM_WRITES


def test_nobody_may_truncate_or_add_triggers(owner: sa.Connection) -> None:
    """TRUNCATE ignores row-level security."""
    rows = ask(
        owner,
        "SELECT grantee, table_name FROM information_schema.role_table_grants"
        " WHERE grantee IN ('portal_app', 'portal_platform', 'PUBLIC')"
        " AND table_schema = 'public' AND privilege_type IN ('TRUNCATE', 'TRIGGER', 'REFERENCES')",
    )

    assert rows == []


def test_every_key_of_a_client_table_starts_with_the_client(owner: sa.Connection) -> None:
    """R1, R2: primary keys begin with client_id, unique ones contain it; no oracle for others."""
    rows = ask(
        owner,
        """SELECT c.relname, i.indisprimary, pg_get_indexdef(i.indexrelid, 1, true),
                  ARRAY(SELECT attname::text FROM pg_attribute
                        WHERE attrelid = c.oid AND attnum = ANY(i.indkey))
           FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
           WHERE i.indisunique AND c.relname = ANY(:tables)""",
        tables=client_tables(),
    )

    assert {table for table, primary, *_ in rows if primary} == set(client_tables())
    for _, primary, first, columns in rows:
        assert "client_id" in columns
        assert not primary or first == "client_id"


def test_foreign_keys_of_client_tables_stay_within_the_client(owner: sa.Connection) -> None:
    """R3-R6: to client tables composite with client_id, never SET NULL; no local one points in."""
    rows = ask(
        owner,
        """SELECT conrelid::regclass::text, confrelid::regclass::text, confdeltype::text,
                  ARRAY(SELECT attname::text FROM pg_attribute
                        WHERE attrelid = conrelid AND attnum = ANY(conkey))
           FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace""",
    )

    for table, target, on_delete, columns in rows:
        assert on_delete not in {"n", "d"}, table
        if placement(target) == "client":
            assert placement(table) == "client"
            assert "client_id" in columns
        if placement(table) == "reference":
            assert target in REFERENCE


def test_client_tables_have_no_triggers_identity_or_server_made_client(
    owner: sa.Connection,
) -> None:
    """R7, R8, R12."""
    triggers = ask(
        owner,
        "SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
        " AND tgrelid::regclass::text = ANY(:tables)",
        tables=client_tables(),
    )
    columns = ask(
        owner,
        "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity"
        " FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = ANY(:tables)",
        tables=client_tables(),
    )

    assert triggers == []
    assert all(identity == "NO" for *_, identity in columns)
    assert {
        (kind, nullable, default)
        for _, name, kind, nullable, default, _ in columns
        if name == "client_id"
    } == {("uuid", "NO", None)}


def test_functions_run_as_their_caller(owner: sa.Connection) -> None:
    rows = ask(
        owner,
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace::regnamespace::text"
        " IN ('public', 'reporting')",
    )

    assert rows == []


def test_views_run_as_their_caller(owner: sa.Connection) -> None:
    """A view without security_invoker shows its owner's rows; a materialized one has no policy."""
    rows = ask(
        owner,
        "SELECT relname, relkind::text, coalesce(reloptions, '{}') FROM pg_class"
        " WHERE relkind IN ('v', 'm')"
        f" AND relnamespace::regnamespace::text IN ('public', 'reporting') AND {OURS}",
    )

    assert [name for name, kind, _ in rows if kind == "m"] == []
    assert all("security_invoker=true" in options for _, _, options in rows)


def test_the_models_are_what_the_migrations_made(app: Flask, owner: sa.Connection) -> None:
    """Autogenerate finds nothing left to do."""
    context = MigrationContext.configure(owner, opts={"target_metadata": Base.metadata})

    assert compare_metadata(context, Base.metadata) == []
