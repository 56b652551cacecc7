"""The agency's pages: people and roles, invitations, the audit log."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.actions import people
from portal.core.calendar import now
from portal.core.db import db
from portal.models.accounts import AgencyAudit, Membership, User
from portal.models.clients import Client
from tests.mailbox import letters_to, path_in
from tests.people import form_token, person, post, signed_in


@pytest.fixture
def root(session: object) -> User:
    """An admin of the agency, second step done."""
    user = person("root", agency="admin")
    user.totp_confirmed_at = user.created_at
    db.session.commit()
    return user


@pytest.fixture
def admin(app: Flask, root: User) -> FlaskClient:
    return signed_in(app, root)


PAGES = ("people", "invitations", "audit")


def test_only_admins_come_in(app: Flask, acme: Client, alice: User, admin: FlaskClient) -> None:
    analyst = signed_in(app, person("ana", client=acme, agency="analyst"))
    for name in PAGES:
        assert admin.get(f"/admin/{name}").status_code == 200
        assert analyst.get(f"/admin/{name}").status_code == 403
        assert signed_in(app, alice).get(f"/admin/{name}").status_code == 404
        assert app.test_client().get(f"/admin/{name}").location.startswith("/login")


def test_an_admin_grants_takes_away_and_disables(
    app: Flask, admin: FlaskClient, acme: Client, alice: User
) -> None:
    analyst = person("ana", agency="analyst")
    path = f"/admin/people/{analyst.id}"
    browser = signed_in(app, analyst)
    assert analyst.email in admin.get(f"/admin/people?q={analyst.email}").text

    assert post(admin, f"{path}/clients", slug=acme.slug, role="analyst").status_code == 303
    assert db.session.get_one(Membership, (acme.id, analyst.id)).role == "analyst"
    assert admin.get(path).status_code == 200
    assert post(admin, f"{path}/clients/{acme.id}/remove").status_code == 303
    db.session.expire_all()
    assert db.session.get(Membership, (acme.id, analyst.id)) is None

    assert post(admin, f"{path}/disable").status_code == 303
    assert browser.get("/account/profile").status_code == 303
    assert post(admin, f"{path}/enable").status_code == 303


def test_an_admin_cannot_lock_everybody_out(admin: FlaskClient, root: User) -> None:
    assert post(admin, f"/admin/people/{root.id}/disable").status_code == 409
    assert post(admin, f"/admin/people/{root.id}/role", role="").status_code == 409


def test_a_new_agency_role_ends_sessions(app: Flask, admin: FlaskClient, alice: User) -> None:
    browser = signed_in(app, alice)

    assert post(admin, f"/admin/people/{alice.id}/role", role="analyst").status_code == 303

    assert browser.get("/account/profile").status_code == 303
    db.session.refresh(alice)
    assert alice.agency_role == "analyst"


def test_an_invitation_into_the_agency(app: Flask, admin: FlaskClient, acme: Client) -> None:
    email = f"colleague-{acme.slug}@example.com"
    wrong = post(admin, "/admin/invitations", email=email, role="owner", client="")
    assert wrong.status_code == 422
    sent = post(admin, "/admin/invitations", email=email, role="analyst", client="")
    assert sent.status_code == 303

    path, browser = path_in(letters_to(email)[0]), app.test_client()
    data = {"token": path.rsplit("/", 1)[1], "password": "eleven blue lanterns"}
    form = {**data, "csrf_token": form_token(browser, path)}
    assert browser.post(path, data=form).status_code == 303
    made = people.find(email)
    assert made is not None
    assert made.agency_role == "analyst"


def test_the_log_shows_all_clients_and_filters(
    admin: FlaskClient, acme: Client, globex: Client, alice: User, charlie: User
) -> None:
    both = admin.get("/admin/audit?action=member").text
    assert alice.email in both
    assert charlie.email in both

    one = admin.get(f"/admin/audit?client={acme.slug}").text
    assert alice.email in one
    assert charlie.email not in one
    assert admin.get("/admin/audit?action=%25&before=nonsense").status_code == 200


def test_the_log_is_read_page_by_page(admin: FlaskClient) -> None:
    for number in range(60):
        db.session.add(AgencyAudit(at=now(), action="test.counted", actor=f"n{number}", detail={}))
    db.session.commit()

    first = admin.get("/admin/audit?action=test.counted").text
    older = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = admin.get(older).text

    assert first.count("test.counted</code>") == 50
    assert second.count("test.counted</code>") >= 10
