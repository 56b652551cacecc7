"""The agency's admin sees what the workers do, and gives the dead another chance."""

from collections.abc import Iterator
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portal.core.calendar import now
from portal.core.db import db
from portal.core.queue import enqueue
from portal.models.accounts import AgencyAudit
from portal.models.clients import Client
from portal.models.mails import MailOutbox
from portal.models.task_runs import TaskRun
from tests import people

TASK = "housekeeping.clear"


@pytest.fixture
def admin(app: Flask, session: object) -> FlaskClient:
    """An admin of the agency, signed in."""
    root = people.person("root", agency="admin")
    db.session.execute(
        sa.text("UPDATE users SET totp_confirmed_at = now() WHERE id = :id"), {"id": root.id}
    )
    db.session.commit()
    return people.signed_in(app, root)


@pytest.fixture(autouse=True)
def _empty(session: object) -> Iterator[None]:
    def empty() -> None:
        for model in (TaskRun, MailOutbox):
            db.session.execute(sa.delete(model))
        db.session.commit()

    empty()
    yield
    db.session.rollback()
    empty()


def made(state: str, key: str | None = None, client: Client | None = None) -> UUID:
    """Make a run that is in `state`."""
    run_id = enqueue(TASK, key=key, client_id=client.id if client else None)
    values = {"state": state, "error": "ValueError: <b>poison</b>" if state == "dead" else ""}
    db.session.execute(sa.update(TaskRun).where(TaskRun.id == run_id).values(values))
    db.session.commit()
    assert run_id is not None
    return run_id


def post(admin: FlaskClient, path: str) -> int:
    """Press a button of the page."""
    token = people.form_token(admin, "/admin/jobs?state=dead")
    return admin.post(path, data={"csrf_token": token}).status_code


def state_of(run_id: UUID) -> str | None:
    """Read a run's state; None when it is gone."""
    found = db.session.scalar(sa.select(TaskRun.state).where(TaskRun.id == run_id))
    db.session.commit()
    return found


def test_the_empty_ledger_says_so(admin: FlaskClient) -> None:
    assert "Nothing has run yet" in admin.get("/admin/jobs").text
    assert "Nothing is dead" in admin.get("/admin/jobs?state=dead").text


def test_runs_are_filtered_by_state_task_and_client(admin: FlaskClient, acme: Client) -> None:
    made("dead")
    made("done", client=acme)

    assert "poison" in admin.get("/admin/jobs").text
    assert "<b>poison" not in admin.get("/admin/jobs").text
    assert "poison" not in admin.get("/admin/jobs?state=done").text
    assert "poison" not in admin.get(f"/admin/jobs?client={acme.slug}").text
    assert "poison" not in admin.get("/admin/jobs?task=mails").text
    assert "poison" in admin.get("/admin/jobs?state=nonsense&before=nonsense").text


def test_a_dead_run_is_run_again_once_and_that_is_noted(admin: FlaskClient) -> None:
    run_id = made("dead")

    assert post(admin, f"/admin/jobs/{run_id}/again") == 303
    assert state_of(run_id) == "queued"
    made("dead")
    assert post(admin, f"/admin/jobs/{run_id}/again") == 409
    noted = sa.select(AgencyAudit.actor).where(
        AgencyAudit.action == "task.run_again",
        AgencyAudit.detail["run"].astext == str(run_id),
    )
    assert [actor.startswith("root") for actor in db.session.scalars(noted)] == [True]


def test_equal_work_that_waits_is_not_doubled(admin: FlaskClient) -> None:
    dead = made("dead", key="same")
    made("queued", key="same")

    assert post(admin, f"/admin/jobs/{dead}/again") == 409
    assert state_of(dead) == "dead"


def test_a_dead_run_is_removed(admin: FlaskClient) -> None:
    run_id = made("dead")

    assert post(admin, f"/admin/jobs/{run_id}/dismiss") == 303
    assert state_of(run_id) is None


def test_there_are_pages(admin: FlaskClient) -> None:
    for _ in range(51):
        enqueue(TASK)
    oldest = db.session.scalars(sa.select(TaskRun.id).order_by(TaskRun.id)).first()
    db.session.commit()
    first = admin.get("/admin/jobs")

    assert str(oldest) not in first.text
    older = first.text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert str(oldest) in admin.get(older).text


def test_mails_in_trouble_are_shown(admin: FlaskClient) -> None:
    at = now()
    for state, error in (("failed", "550 no such box"), ("uncertain", ""), ("sent", "")):
        db.session.add(
            MailOutbox(
                key=f"{state}-{at}",
                message_id="<x>",
                to_address=f"{state}@example.com",
                subject="Hello",
                template="letter",
                state=state,
                error=error,
                created_at=at,
                due_at=at,
            )
        )
    db.session.commit()
    page = admin.get("/admin/jobs").text

    assert "550 no such box" in page
    assert "Nobody knows whether it came" in page
    assert "sent@example.com" not in page


def test_only_admins_see_it(app: Flask, alice: object) -> None:
    analyst = people.signed_in(app, people.person("ann", agency="analyst"))

    assert analyst.get("/admin/jobs").status_code == 403
