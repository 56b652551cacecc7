"""
Every task of the registry leaves the same behind when it is run twice as when it is run once.

A worker may die between effect and mark, so each will be run twice some day. A task without its
scene here fails the suite.
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from portal.actions import import_files, imports, mails
from portal.actions.import_reading import get
from portal.config import Config
from portal.core import mail
from portal.core.calendar import now
from portal.core.db import Base, db
from portal.core.queue import TASKS, enqueue
from portal.core.tenancy import acting_as
from portal.ingest import facts
from portal.models.clients import Client
from portal.models.mails import MailOutbox
from portal.models.task_runs import TaskRun
from portal.rollups.sweep import sweep
from portal.tasks import ledger
from portal.tasks.run import perform
from tests import cluster

Scene = Callable[[Client, Path], dict[str, Any]]

# Says when or how often, not what.
VOLATILE = {"rolled_at", "version", "marked_at", "resolved_at"}
UNSEEN = {"task_runs", "schedule_ticks", "day_marks", "entity_marks"}
sent: list[str] = []


def something_happened(client: Client, _folder: Path) -> dict[str, Any]:
    """Leads and messages of three days, not rolled up yet."""
    at = now() - timedelta(days=3)
    leads = [
        {"external_id": f"L{n}", "occurred_at": (at + timedelta(hours=7 * n)).isoformat(),
         "source": "referral" if n % 2 else "web_form", "contact_id": f"C{n}"}
        for n in range(8)
    ]  # fmt: skip
    messages = [
        {"external_id": f"M{n}", "occurred_at": (at + timedelta(hours=7 * n)).isoformat(),
         "direction": "inbound", "sender": "contact", "medium": "sms",
         "conversation_id": f"V{n}"}
        for n in range(4)
    ]  # fmt: skip
    for kind, items in (("leads", leads), ("messages", messages)):
        assert facts.store(client.id, kind, "crm", items).stored == len(items)
    return {}


def a_mail_waits(_client: Client, _folder: Path) -> dict[str, Any]:
    """One letter in the outbox."""
    mails.queue("ada@example.com", "Hello", "letter", {"heading": "Hello", "lines": []}, f"{now()}")
    db.session.commit()
    return {}


def a_file_was_uploaded(client: Client, folder: Path) -> dict[str, Any]:
    """An import that was started, by a client of its own."""
    lines = [f"P{n},2026-03-0{n + 1},{n}.50" for n in range(5)]
    (folder / "paid.csv").write_text("\n".join(["id,paid_on,amount", *lines]))
    with acting_as(client.id):
        with import_files.incoming() as taken:
            import_files.copy_in(folder / "paid.csv", taken)
            made = imports.add(taken, "paid.csv", "payments", "")
        imports.start(get(made.id))
    db.session.execute(sa.delete(TaskRun))
    db.session.commit()
    return {"client_id": client.id, "import_id": str(made.id)}


def old_things_lie_about(client: Client, folder: Path) -> dict[str, Any]:
    """Runs, ticks and mails that nobody needs."""
    a_mail_waits(client, folder)
    long_ago = now() - timedelta(days=400)
    gone = {"state": "sent", "created_at": long_ago, "context": b""}
    db.session.execute(sa.update(MailOutbox).values(gone))
    db.session.commit()
    return {}


SCENES: dict[str, Scene] = {
    "rollups.sweep": something_happened,
    "rollups.mark_due_instants": something_happened,
    "mails.deliver": a_mail_waits,
    "imports.run": a_file_was_uploaded,
    "housekeeping.clear": old_things_lie_about,
    "housekeeping.tidy_ledger": old_things_lie_about,
}


@pytest.fixture(autouse=True)
def _send_to_us(session: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def take(_config: Config, message: EmailMessage) -> None:
        sent.append(str(message["Message-ID"]))

    monkeypatch.setattr(mail, "send", take)
    for model in (TaskRun, MailOutbox):
        db.session.execute(sa.delete(model))
    db.session.commit()
    sent.clear()
    yield
    db.session.rollback()
    db.session.execute(sa.delete(TaskRun))
    db.session.commit()


def act(run_id: UUID) -> None:
    """Run a row as if nobody had: the mark of an earlier attempt was lost."""
    again = {"state": "queued", "lease_until": None}
    db.session.execute(sa.update(TaskRun).where(TaskRun.id == run_id).values(again))
    db.session.commit()
    attempt = ledger.claim(run_id, "test")
    assert attempt is not None
    perform(attempt)
    found = db.session.get_one(TaskRun, run_id, populate_existing=True)
    assert (found.state, found.error) == ("done", "")
    db.session.commit()


def picture(urls: cluster.Urls) -> dict[str, str]:
    """Hash all rows of all tables, seen by somebody from whom nothing is hidden."""
    address = urls.superuser.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address) as connection:
        return {
            name: _hash(connection, name)
            for name in sorted(Base.metadata.tables)
            if name not in UNSEEN
        }


def _hash(connection: psycopg.Connection[Any], name: str) -> str:
    statement = sql.SQL("SELECT (to_jsonb(t) - %s::text[])::text FROM {} t ORDER BY 1")
    rows = connection.execute(statement.format(sql.Identifier(name)), [sorted(VOLATILE)])
    return hashlib.sha256("\n".join(row[0] for row in rows).encode()).hexdigest()


def test_every_task_has_its_scene() -> None:
    assert set(SCENES) == {name for name in TASKS if not name.startswith("test.")}


@pytest.mark.parametrize("name", SCENES)
def test_twice_is_as_once(name: str, acme: Client, urls: cluster.Urls, tmp_path: Path) -> None:
    before = picture(urls)
    run_id = enqueue(name, **SCENES[name](acme, tmp_path))
    db.session.commit()
    assert run_id is not None
    act(run_id)
    sweep()
    once, sent_once = picture(urls), list(sent)
    act(run_id)
    sweep()

    assert picture(urls) == once
    assert sent == sent_once
    assert once != before
    assert len(sent) == (name == "mails.deliver")
