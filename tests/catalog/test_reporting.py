"""The views for BI tools: the documents' columns, the catalog's numbers."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal.catalog.answer import answer
from portal.catalog.query import Query
from portal.catalog.reporting.columns import DAILY, MONTHLY, WEEKLY, Column
from portal.catalog.reporting.platform import statements
from portal.catalog.subjects import METRICS
from portal.core.calendar import Grain, Period
from portal.core.db import Base, db, platform_connection
from portal.core.ids import new_id
from portal.core.tenancy import acting_as
from tests import worlds

FROZEN = Path(__file__).parents[2] / "migrations/versions/0005_create_reporting_views.sql"
VIEWS = {
    "analytics_daily": (DAILY, "date", Grain.DAY),
    "analytics_weekly": (WEEKLY, "week_start", Grain.WEEK),
    "analytics_monthly": (MONTHLY, "month", Grain.MONTH),
}
FIRST = date(2026, 3, 16)
NOW = datetime(2026, 4, 7, 10, tzinfo=UTC)
FACTORS = {"basis_points": 10_000, "percent": 100}


@pytest.fixture(scope="module")
def world(app: Any) -> Iterator[worlds.World]:
    """A client in Berlin whose days change in length."""
    with app.app_context():
        made = worlds.make(7, zone="Europe/Berlin", first=FIRST, now=NOW)
        days = [{"client_id": made.client_id, "day": FIRST + timedelta(days=n)} for n in range(24)]
        with platform_connection(read_only=False) as connection:
            table = Base.metadata.tables["rollup_days"]
            rows = [row | {"version": 1, "rolled_at": NOW} for row in days]
            connection.execute(sa.insert(table), rows)
        yield made


def rows_of(view: str, world: worlds.World) -> list[dict[str, Any]]:
    """Read a view as the client's own reader."""
    with acting_as(world.client_id):
        sql = f"SELECT * FROM reporting.{view} WHERE client_id = :client ORDER BY 3"
        found = db.session.execute(sa.text(sql), {"client": world.client_id})
        return [dict(row) for row in found.mappings()]


def agrees(shown: Any, column: Column, value: Decimal | None) -> bool:
    """Whether a figure is shown in the document's unit."""
    if value is None or shown is None:
        return shown is value
    digits = {"percent": 2, "number": 4}.get(column.unit, 0)
    half = Decimal("0.5").scaleb(-digits)
    return abs(Decimal(shown) - value * FACTORS.get(column.unit, 1)) <= half


def test_the_migration_holds_what_the_catalog_writes() -> None:
    """Fails when a metric of a view changed: write a migration that makes the schema anew."""
    assert FROZEN.read_text() == ";\n\n".join(statements()) + ";\n\n"


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_says_what_the_catalog_says(view: str, world: worlds.World) -> None:
    columns, key, grain = VIEWS[view]
    found = rows_of(view, world)
    metrics = tuple(dict.fromkeys(c.metric for c in columns if c.metric))
    # Wider than the views: a message may be sent after the last day that has a lead.
    period = Period(FIRST - timedelta(days=10), FIRST + timedelta(days=30))
    with acting_as(world.client_id):
        result = answer(
            Query((*metrics, "conversations"), period, grain=grain),
            world.calendar,
            world.client_id,
            at=NOW + timedelta(days=30),
        )
    by_start = {str(row.at)[: 7 if key == "month" else 10]: row for row in result.rows}
    assert len(found) >= len(by_start)
    for line in found:
        row = by_start.get(str(line[key]))
        if row is None:
            continue
        for column in columns:
            if column.metric and column.unit != "change":
                shown = line[column.name]
                assert agrees(shown, column, row[column.metric]), (column.name, shown)
        assert line.get("total_conversations", row["conversations"]) == row["conversations"]


def test_a_view_has_every_column_of_its_document() -> None:
    """And each says what it holds, in which unit."""
    with platform_connection() as connection:
        found = connection.execute(
            sa.text(
                "SELECT c.relname, a.attname, col_description(c.oid, a.attnum) FROM pg_class c"
                " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
                " WHERE c.relnamespace = 'reporting'::regnamespace"
            )
        ).all()
    by_view: dict[str, dict[str, str]] = {}
    for view, column, comment in found:
        by_view.setdefault(view, {})[column] = comment
    named = [d.split(".") for metric in METRICS.values() for d in metric.documents]
    for view, column in named:
        if view.startswith(("analytics_", "platform_")):
            assert column in by_view[view], (view, column)
    told = {f"{view}.{column}" for view, column in named}
    for view, (columns, _key, _grain) in VIEWS.items():
        known = {f"{view}.{column.name}" for column in columns if column.unit != "null"}
        assert known <= told, known - told
        assert all(by_view[view][column.name] for column in columns), view


def test_the_views_show_a_reader_his_own_client_alone(world: worlds.World) -> None:
    with acting_as(world.client_id):
        everyone = sa.text("SELECT DISTINCT client_id FROM reporting.analytics_daily")
        assert {row[0] for row in db.session.execute(everyone)} == {world.client_id}
        whose = sa.text("SELECT has_table_privilege('reporting.platform_analytics', 'SELECT')")
        assert db.session.execute(whose).scalar_one() is False
    with platform_connection() as connection:
        invoker = sa.text(
            "SELECT bool_and('security_invoker=true' = ANY(reloptions)) FROM pg_class"
            " WHERE relnamespace = 'reporting'::regnamespace AND relkind = 'v'"
        )
        assert connection.execute(invoker).scalar_one() is True


def test_changes_compare_whole_buckets_alone(world: worlds.World) -> None:
    """Null for the first week, for the open one, and where there was nothing before."""
    weeks = rows_of("analytics_weekly", world)

    assert weeks[0]["leads_change_percent"] is None
    assert weeks[-1]["leads_change_percent"] is None or weeks[-1]["is_complete"]
    second = weeks[1]
    change = Decimal(100) * (second["new_leads"] - weeks[0]["new_leads"]) / weeks[0]["new_leads"]
    assert second["leads_change_percent"] == round(change, 2)


def test_platform_movements_reconcile(world: worlds.World) -> None:
    """Start + new + expansion + reactivation − contraction − churn = end, day by day."""
    moved = ((1, "new", 99), (3, "expansion", 21), (5, "churn", -120), (8, "reactivation", 5))
    with acting_as(world.client_id):
        row = {"client_id": world.client_id, "currency": "EUR", "reason": ""}
        rows = [
            row | {"day": FIRST + timedelta(days=n), "kind": kind, "amount_minor": amount}
            for n, kind, amount in moved
        ]
        db.session.execute(sa.insert(Base.metadata.tables["plan_movements"]), rows)
        plan = {
            "client_id": world.client_id,
            "id": new_id(),
            "effective_at": NOW,
            "plan": "basic",
            "currency": "EUR",
            "unit_amount_minor": 9900,
            "created_at": NOW,
        }
        db.session.execute(sa.insert(Base.metadata.tables["client_plan_changes"]), [plan])
    with platform_connection() as connection:
        sql = "SELECT * FROM reporting.platform_analytics WHERE date >= :first ORDER BY date"
        found = connection.execute(sa.text(sql), {"first": FIRST}).mappings().all()
    for before, day in pairwise(found):
        gained = day["new_mrr_cents"] + day["expansion_mrr_cents"] + day["reactivation_mrr_cents"]
        lost = day["contraction_mrr_cents"] + day["churned_mrr_cents"]
        assert before["mrr_cents"] + gained - lost == day["mrr_cents"], day["date"]
        clients = day["new_clients"] + day["reactivated_clients"] - day["churned_clients"]
        assert before["total_clients"] + clients == day["total_clients"]
    assert found[0]["total_leads"] >= 0
