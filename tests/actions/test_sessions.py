"""Sessions are rows: capped, timed out, ended; and what is written about people stays written."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from portal.actions import audit, people, sessions, visits
from portal.core.calendar import now
from portal.core.db import db
from portal.core.errors import Conflict, Refused
from portal.core.sealing import digest
from portal.core.tenancy import acting_as
from portal.models.accounts import User, UserSession
from portal.models.clients import Client
from tests.cluster import Urls
from tests.people import person, post, signed_in


def test_the_twenty_first_session_ends_the_oldest(app: Flask, alice: User) -> None:
    browsers = [signed_in(app, alice) for _ in range(22)]

    opened = [browser.get("/account/profile").status_code == 200 for browser in browsers]

    assert opened == [False, False] + [True] * 20


@pytest.mark.parametrize(
    ("created", "seen", "lives"),
    [(0, 0, True), (29, 29, True), (60, 31, False), (719, 0, True), (721, 0, False)],
)
def test_a_session_ends_by_idleness_and_by_age(
    app: Flask, alice: User, created: int, seen: int, *, lives: bool
) -> None:
    browser = signed_in(app, alice)
    at = now()
    times = {"created_at": at - timedelta(minutes=created), "seen_at": at - timedelta(minutes=seen)}
    db.session.execute(
        sa.update(UserSession).where(UserSession.user_id == alice.id).values(**times)
    )
    db.session.commit()

    assert (browser.get("/account/profile").status_code == 200) is lives


def test_a_page_that_refreshes_itself_is_no_activity(app: Flask, alice: User) -> None:
    browser, then = signed_in(app, alice), now() - timedelta(minutes=10)
    mine = UserSession.user_id == alice.id
    db.session.execute(sa.update(UserSession).where(mine).values(seen_at=then))
    db.session.commit()

    browser.get("/account/profile", headers={"X-Portal-Tick": "1"})
    assert db.session.scalar(sa.select(UserSession.seen_at).where(mine)) == then

    browser.get("/account/profile")
    seen = db.session.scalar(sa.select(UserSession.seen_at).where(mine))
    assert seen is not None
    assert seen > then


def test_people_see_and_end_their_own_sessions_alone(app: Flask, alice: User, bob: User) -> None:
    hers, other, his = signed_in(app, alice), signed_in(app, alice), signed_in(app, bob)
    rows = {row.user_id: row for row in db.session.scalars(sa.select(UserSession)).all()}
    assert hers.get("/account/sessions").text.count("/end") >= 3

    foreign = post(hers, f"/account/sessions/{rows[bob.id].id}/end")
    assert foreign.status_code == 404
    assert his.get("/account/profile").status_code == 200

    assert post(hers, "/account/sessions/end").status_code == 303
    assert other.get("/account/profile").status_code == 303
    assert his.get("/account/profile").status_code == 200


def test_the_database_knows_only_a_digest(app: Flask, alice: User) -> None:
    cookie = sessions.start(alice.id, is_half=False, user_agent="x" * 5000, address="::1")
    db.session.commit()

    row = db.session.scalars(sa.select(UserSession).filter_by(hash=digest(cookie))).one()

    assert len(cookie) == 43
    assert len(row.hash) == 32
    assert len(row.user_agent) == 200


def test_reading_a_session_is_one_statement_that_survives_a_dead_connection(
    app: Flask, acme: Client, alice: User, urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = sessions.start(alice.id, is_half=False, user_agent="", address="")
    db.session.commit()
    ran: list[object] = []
    execute = psycopg.Cursor.execute

    def counted(self: psycopg.Cursor[Any], *args: Any, **options: Any) -> psycopg.Cursor[Any]:
        ran.append(args)
        return execute(self, *args, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", counted)
    for _ in range(3):
        read = visits.read(cookie, acme.slug, idle=timedelta(minutes=30), is_activity=True)
        assert read is not None
        assert (read.role, read.client.id if read.client else None) == ("owner", acme.id)
    assert len(ran) == 3

    with psycopg.connect(urls.superuser, autocommit=True) as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    db.session.remove()
    assert visits.read(cookie, acme.slug, idle=timedelta(minutes=30), is_activity=True)


OWN = "WHERE client_id = :client"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE agency_audit SET actor = 'x'",
        "DELETE FROM agency_audit",
        "TRUNCATE agency_audit",
        f"UPDATE audit_entries SET actor = 'x' {OWN}",
        f"DELETE FROM audit_entries {OWN}",
        "TRUNCATE audit_entries -- client_id",
    ],
)
def test_what_was_done_cannot_be_rewritten(acme: Client, statement: str) -> None:
    with acting_as(acme.id):
        audit.record("test.done")
    with pytest.raises(sa.exc.ProgrammingError) as refused, acting_as(acme.id):
        db.session.execute(sa.text(statement), {"client": acme.id})
    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)


def test_addresses_are_one_by_case_and_two_by_letter(session: object) -> None:
    user = person("ada")
    with pytest.raises(Conflict):
        people.add(user.email.upper())
    homograph = people.add(user.email.replace("a", "\u0430", 1))
    assert people.find(user.email) == user
    assert people.find(homograph.email) == homograph


@pytest.mark.parametrize(
    "email",
    [
        "",
        "a",
        "a@b",
        "a b@c.io",
        "a@b.io\n",
        "<a@b.io>",
        "a@b@c.io",
        "x" * 250 + "@b.io",
        "a@b.io,c@d.io",
    ],
)
@pytest.mark.usefixtures("session")
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(Refused):
        people.add(email if email != "a@b.io\n" else "a@b\n.io")


@pytest.mark.usefixtures("session")
def test_the_last_admin_stays() -> None:
    admins = db.session.scalars(
        sa.select(User).filter_by(agency_role="admin", disabled_at=None)
    ).all()
    for other in admins:
        other.agency_role = ""
    db.session.commit()
    last = person("root", agency="admin")
    with pytest.raises(Conflict):
        people.disable(last)
    with pytest.raises(Conflict):
        people.set_agency_role(last, "analyst")
    for other in admins:
        other.agency_role = "admin"
    db.session.commit()
