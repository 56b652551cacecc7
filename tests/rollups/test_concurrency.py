"""Sweeps beside ingest and beside each other lose nothing and count nothing twice."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.core.calendar import now
from portal.core.db import db, platform_connection
from portal.core.tenancy import acting_as
from portal.ingest import facts
from portal.models.clients import Client
from portal.rollups import build, derive
from portal.rollups import sweep as sweeping
from portal.rollups.sweep import due, sweep
from portal.rollups.verify import verify
from tests.line import at, post, total

Item = dict[str, object]

LEAD: Item = {"external_id": "L", "occurred_at": at(0), "updated_at": at(0), "source": "referral"}
CORRECTED: Item = {**LEAD, "updated_at": at(1), "source": "web_form"}
PAID: Item = {"external_id": "P", "occurred_at": at(30), "amount_minor": 100, "lead_id": "L"}


class Killed(BaseException):
    """What a process feels when it is killed."""


def beside(app: Flask, work: Callable[[], object]) -> None:
    """Run `work` in a thread with a session of its own, to its end."""
    failed: list[BaseException] = []

    def run() -> None:
        with app.app_context():
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
                failed.append(error)
            finally:
                db.session.remove()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    if failed:
        raise failed[0]


def stored_open(client: Client, kind: str, item: Item) -> None:
    """Store within the transaction that is open, and leave it open."""
    facts.store_in(db.session.connection(), client.id, kind, "crm", [item], now())


@pytest.mark.parametrize("first", ["payments", "leads"])
def test_a_payment_committed_beside_a_correction_moves_too(
    app: Flask, acme: Client, first: str
) -> None:
    post(acme.id, "leads", LEAD)
    sweep()
    second = "leads" if first == "payments" else "payments"
    items: dict[str, Item] = {"payments": PAID, "leads": CORRECTED}

    def other() -> None:
        post(acme.id, second, items[second])
        sweep()

    with acting_as(acme.id):
        stored_open(acme, first, items[first])
        beside(app, other)
    sweep()
    assert total(acme.id, "payments_amount", source="web_form") == 100
    assert total(acme.id, "payments_amount") == 100
    assert total(acme.id, "leads", source="web_form") == 1


def test_an_ingest_that_stays_open_across_a_sweep_keeps_its_marks(app: Flask, acme: Client) -> None:
    post(acme.id, "leads", LEAD)
    with acting_as(acme.id):
        stored_open(acme, "leads", {"external_id": "L2", "occurred_at": at(1)})
        stored_open(acme, "leads", CORRECTED)
        beside(app, sweep)
    assert due()
    sweep()
    assert not due()
    assert total(acme.id, "leads", date(2026, 3, 2)) == 2
    assert total(acme.id, "leads", source="web_form") == 1


def test_a_fact_committed_after_its_marks_were_deleted_is_counted_by_the_next(
    app: Flask, acme: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Marks go before facts are read, so a mark that is written meanwhile stays."""
    post(acme.id, "leads", LEAD)
    rebuild, empty = derive.rebuild, build.claim

    def slow_rebuild(*args: object) -> None:
        beside(app, lambda: post(acme.id, "payments", PAID))
        rebuild(*args)  # type: ignore[arg-type]

    def slow_lock(*args: object) -> list[build.ClientDay]:
        found = empty(*args)  # type: ignore[arg-type]
        beside(app, lambda: post(acme.id, "leads", {"external_id": "L2", "occurred_at": at(2)}))
        return found

    monkeypatch.setattr(derive, "rebuild", slow_rebuild)
    monkeypatch.setattr(build, "claim", slow_lock)
    sweep()
    monkeypatch.undo()
    assert due()
    sweep()
    assert total(acme.id, "leads") == 2
    assert total(acme.id, "payments_amount", source="referral") == 100
    assert list(verify(acme.id)) == []


@pytest.mark.parametrize("where", ["mark_touched_days", "rebuild_turns"])
def test_a_derivation_that_is_killed_in_the_middle_leaves_its_marks(
    acme: Client, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    post(acme.id, "leads", LEAD)

    def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(derive, where, killed)
    with pytest.raises(Killed):
        sweep()
    monkeypatch.undo()
    assert due()
    sweep()
    assert total(acme.id, "leads") == 1
    assert list(verify(acme.id)) == []


def test_a_roll_up_that_is_killed_in_the_middle_changes_nothing(
    acme: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(acme.id, "leads", LEAD)
    sweep()
    post(acme.id, "leads", {"external_id": "L2", "occurred_at": at(2)})
    insert, times = build.insert, iter(range(100))

    def killed(*args: object) -> None:
        if next(times) == 3:
            raise Killed
        insert(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(build, "insert", killed)
    with pytest.raises(Killed):
        sweep()
    monkeypatch.undo()
    assert total(acme.id, "leads") == 1
    assert due()
    sweep()
    assert total(acme.id, "leads") == 2


def test_a_day_that_cannot_be_rolled_up_holds_up_no_other(
    acme: Client, globex: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for client in (acme, globex):
        post(client.id, "leads", LEAD)
    insert = build.insert

    def fails(connection: sa.Connection, *args: Any) -> None:
        if any(client == acme.id for client, _ in args[1]):
            connection.execute(sa.text("SELECT 1 / 0"))
        insert(connection, *args)

    monkeypatch.setattr(build, "insert", fails)
    with pytest.raises(ExceptionGroup):
        sweep()
    monkeypatch.undo()
    assert total(globex.id, "leads") == 1
    assert total(acme.id, "leads") == 0
    sweep()
    assert total(acme.id, "leads") == 1


def test_two_sweepers_at_once_share_the_work(app: Flask, acme: Client, globex: Client) -> None:
    for client in (acme, globex):
        leads = [
            {"external_id": f"L{n}", "occurred_at": at(24 * n), "stage": "won", "value_minor": 5}
            for n in range(30)
        ]
        post(client.id, "leads", *leads)
    start = threading.Barrier(3)

    def sweeper() -> None:
        with app.app_context():
            start.wait()
            for _ in range(3):
                sweep()
            db.session.remove()

    threads = [threading.Thread(target=sweeper) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    sweep()
    for client in (acme, globex):
        assert total(client.id, "leads") == 30
        assert total(client.id, "revenue_booked") == 150
        assert list(verify(client.id)) == []


def test_a_day_in_another_rollers_hands_is_left_to_it(app: Flask, acme: Client) -> None:
    pair = (acme.id, date(2026, 3, 2))
    with platform_connection(read_only=False) as connection:
        known = build.calendars(connection)
        assert build.roll_up(connection, [pair], known) == [pair]

        def other() -> None:
            with platform_connection(read_only=False) as second:
                assert build.roll_up(second, [pair], known) == []

        beside(app, other)


def test_facts_that_an_ingest_holds_are_linked_by_the_next_sweep(app: Flask, acme: Client) -> None:
    """Neither waits for the other."""
    post(acme.id, "payments", {**PAID, "updated_at": at(0)})
    sweep()
    with acting_as(acme.id):
        stored_open(acme, "payments", {**PAID, "updated_at": at(1), "amount_minor": 70})

        def other() -> None:
            post(acme.id, "leads", LEAD)
            sweep()

        beside(app, other)
    assert sweeping.due()
    sweep()
    assert total(acme.id, "payments_amount", source="referral") == 70
    assert list(verify(acme.id)) == []
