"""Many at once: the same ids, overlapping lists, deadlocks, and the marks that all leave."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from psycopg.errors import DeadlockDetected
from sqlalchemy.exc import OperationalError

from portal.core import bulk
from portal.core.calendar import Calendar, CalendarSpan
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.ingest import events, facts, transactions
from portal.ingest.days import Days
from portal.models.clients import Client
from tests.ingest.items import AT, smallest

WRITERS = 50


def at_once(app: Flask, writers: int, work: Callable[[int], None]) -> None:
    """Run `work` in as many threads, all let go together."""
    gate, wrong = threading.Barrier(writers), []

    def run(number: int) -> None:
        with app.app_context():
            gate.wait()
            try:
                work(number)
            except Exception as error:  # noqa: BLE001 - told below, in the thread that tests
                wrong.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def read(client: Client, sql: str) -> Any:
    """Run a question as the client."""
    with acting_as(client.id):
        return db.session.execute(sa.text(sql), {"client_id": client.id}).all()


@pytest.fixture
def roomy(session: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for one of the five connections is no failure here."""
    monkeypatch.setattr(db.engine.pool, "_timeout", 60)


@pytest.mark.usefixtures("roomy")
def test_same_event_fifty_times_at_once(app: Flask, acme: Client) -> None:
    """One row, one `stored`, 49 duplicates."""
    event = {"type": "track", "event": "e", "userId": "u", "messageId": "m"}
    said: list[str] = []

    def work(_number: int) -> None:
        said.append(str(events.store(acme.id, "api", [event]).results[0].status))

    at_once(app, WRITERS, work)
    assert Counter(said) == {"stored": 1, "duplicate": WRITERS - 1}
    assert read(acme, "SELECT count(*) FROM events WHERE client_id = :client_id") == [(1,)]


@pytest.mark.usefixtures("roomy")
def test_versions_of_one_fact_at_once(app: Flask, acme: Client) -> None:
    """Fifty versions of one lead in any order: all are kept, the newest of each field holds."""

    def work(number: int) -> None:
        item = smallest("leads", version=number, name=f"n{number}")
        if number % 7 == 0:
            item["email"] = f"e{number}"
        facts.store(acme.id, "leads", "api", [item])

    at_once(app, WRITERS, work)
    sql = "SELECT name, email, version FROM leads WHERE client_id = :client_id"
    assert read(acme, sql) == [("n49", "e49", 49)]
    kept = "SELECT count(*) FROM fact_versions WHERE client_id = :client_id"
    assert read(acme, kept) == [(WRITERS,)]


@pytest.mark.usefixtures("roomy")
def test_overlapping_lists_in_any_order(app: Flask, acme: Client) -> None:
    """Lists of the same ids, shuffled, neither deadlock nor double; every list says the truth."""
    said: Counter[str] = Counter()

    def work(number: int) -> None:
        shuffler = random.Random(number)  # noqa: S311 - an order
        items = [smallest("leads", f"L{n}", version=n % 3) for n in range(40)]
        items += [smallest("leads", f"L{n}", version=3 + number) for n in range(number, 40, 4)]
        shuffler.shuffle(items)
        for verdict in facts.store(acme.id, "leads", "api", items).results:
            said[str(verdict.status)] += 1

    at_once(app, 12, work)
    assert said["stored"] == 40
    assert said["conflict"] == said["refused"] == 0
    assert read(acme, "SELECT count(*) FROM leads WHERE client_id = :client_id") == [(40,)]


def test_a_deadlock_is_tried_again(acme: Client) -> None:
    """Three times, then it is told; what was half done is never kept."""
    tries: list[int] = []

    def work(connection: sa.Connection) -> int:
        connection.execute(
            sa.text("INSERT INTO day_marks (client_id, id, day) VALUES (:client_id, :id, :day)"),
            {"client_id": acme.id, "id": acme.id, "day": date(2026, 1, 1)},
        )
        tries.append(len(tries))
        if len(tries) < 3:
            raise OperationalError("", {}, DeadlockDetected())
        return 7

    assert transactions.in_one(acme.id, work) == 7
    assert len(tries) == 3
    assert read(acme, "SELECT count(*) FROM day_marks WHERE client_id = :client_id") == [(1,)]

    def never(_connection: sa.Connection) -> None:
        tries.append(0)
        raise OperationalError("", {}, DeadlockDetected())

    tries.clear()
    with pytest.raises(OperationalError):
        transactions.in_one(acme.id, never)
    assert len(tries) == transactions.TRIES


@pytest.mark.parametrize("citus", [False, True], ids=["staged", "values"])
def test_both_ways_in_say_the_same(
    acme: Client,
    monkeypatch: pytest.MonkeyPatch,
    citus: bool,  # noqa: FBT001 - parametrized
) -> None:
    """COPY by a temporary table, and multi-row VALUES as on Citus."""
    monkeypatch.setattr(bulk, "is_citus", lambda _connection: citus)
    items = [smallest("messages", f"M{n}", properties={"t": "\t\\N\n\r\\."}) for n in range(300)]
    assert facts.store(acme.id, "messages", "api", items).stored == 300
    assert facts.store(acme.id, "messages", "api", items + items).duplicate == 600
    newer = [{**item, "version": 1} for item in items]
    assert facts.store(acme.id, "messages", "api", newer).updated == 300
    sent = [
        {"type": "track", "event": "e\t\\N", "userId": f"u{n}", "messageId": f"{n}"}
        for n in range(300)
    ]
    assert events.store(acme.id, "api", sent).stored == 300
    assert events.store(acme.id, "api", sent).duplicate == 300
    names = "SELECT DISTINCT name FROM events WHERE client_id = :client_id"
    assert read(acme, names) == [("e\t\\N",)]
    bodies = "SELECT DISTINCT body #>> '{properties,t}' FROM messages WHERE client_id = :client_id"
    assert read(acme, bodies) == [("\t\\N\n\r\\.",)]


def test_marks_name_old_and_new_days_and_entities(acme: Client) -> None:
    """A lead that moves to another day, contact and campaign marks both sides."""
    first = smallest("leads", version=1, contact_id="P1", campaign_id="C1")
    moved = smallest(
        "leads", version=2, contact_id="P2", campaign_id=None, occurred_at="2026-03-04T23:30:00Z"
    )
    facts.store(acme.id, "leads", "api", [first])
    sql = "SELECT {} FROM {} WHERE client_id = :client_id"
    with acting_as(acme.id):
        for table in ("day_marks", "entity_marks"):
            db.session.execute(
                sa.text(f"DELETE FROM {table} WHERE client_id = :client_id"),
                {"client_id": acme.id},
            )
    facts.store(acme.id, "leads", "api", [moved])
    days = {row.day for row in read(acme, sql.format("day", "day_marks"))}
    assert days == {date(2026, 3, 2), date(2026, 3, 5)}
    entities = {tuple(row) for row in read(acme, sql.format("kind, ref", "entity_marks"))}
    assert entities == {
        ("lead", "X1"),
        ("contact", "P1"),
        ("contact", "P2"),
        ("campaign", "C1"),
    }
    before = len(read(acme, sql.format("id", "day_marks")))
    facts.store(acme.id, "leads", "api", [moved, moved])
    assert len(read(acme, sql.format("id", "day_marks"))) == before


def test_events_mark_their_days_and_people(acme: Client) -> None:
    """Each actor, and both sides of an identify or alias."""
    sent = [
        {"type": "track", "event": "e", "userId": "u1", "timestamp": AT},
        {"type": "identify", "userId": "u2", "anonymousId": "a2", "timestamp": AT},
        {"type": "alias", "userId": "u3", "previousId": "a3", "timestamp": AT},
    ]
    events.store(acme.id, "api", sent)
    found = read(acme, "SELECT kind, ref FROM entity_marks WHERE client_id = :client_id")
    assert {tuple(row) for row in found} == {
        ("actor", ref) for ref in ("u1", "u2", "a2", "u3", "a3")
    }
    assert {
        row.day for row in read(acme, "SELECT day FROM day_marks WHERE client_id=:client_id")
    } == {date(2026, 3, 2)}


def test_quick_days_are_the_calendars_days() -> None:
    """Over changes of clocks, half-hour changes, skipped days and a change of zone."""
    changed = [CalendarSpan(date(1970, 1, 1), "Asia/Tokyo", 0, "EUR")]
    changed.append(CalendarSpan(date(2026, 3, 10), "America/Los_Angeles", 0, "EUR"))
    zones = ("Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Apia")
    calendars = [Calendar([CalendarSpan(date(1970, 1, 1), zone, 0, "EUR")]) for zone in zones]
    starts = [datetime(2026, 3, 5, tzinfo=UTC), datetime(2011, 12, 28, tzinfo=UTC)]
    starts.append(datetime(2018, 11, 2, tzinfo=UTC))
    for calendar in (*calendars, Calendar(changed)):
        days = Days(calendar)
        for start in starts:
            for minutes in range(0, 8 * 24 * 60, 29):
                instant = start + timedelta(minutes=minutes)
                assert days.day_of(instant) == calendar.day_of(instant)
