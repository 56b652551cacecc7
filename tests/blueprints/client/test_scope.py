"""Every request under /c/<slug>/ acts as that client, for people who may, and for nobody else."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.actions import people, team
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.models.accounts import AuditEntry, User
from portal.models.clients import Client
from tests.people import person, post, signed_in


def page(browser: FlaskClient, client: Client, name: str = "settings/team") -> int:
    return browser.get(f"/c/{client.slug}/{name}").status_code


def test_a_member_sees_their_client_and_no_other(
    app: Flask, acme: Client, globex: Client, alice: User
) -> None:
    browser = signed_in(app, alice)

    assert page(browser, acme) == 200
    foreign = browser.get(f"/c/{globex.slug}/settings/team")
    unknown = browser.get("/c/no-such-client/settings/team")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert _same(foreign.text, globex.slug) == _same(unknown.text, "no-such-client")


def test_nobody_is_sent_to_sign_in_and_back(browser: FlaskClient, acme: Client) -> None:
    path = f"/c/{acme.slug}/settings/audit?action=member"
    answer = browser.get(path)
    part = browser.get(path, headers={"HX-Request": "true", "HX-Current-URL": f"http://x{path}"})

    assert (answer.status_code, part.status_code) == (303, 401)
    wanted = f"/login?next=/c/{acme.slug}/settings/audit?action%3Dmember"
    assert answer.location == part.headers["HX-Redirect"] == wanted


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("manager", 403), ("owner", 200)])
def test_rights_go_by_role(app: Flask, acme: Client, role: str, status: int) -> None:
    browser = signed_in(app, person(client=acme, role=role))

    assert page(browser, acme) == status
    assert page(browser, acme, "settings/audit") == status


def test_an_analyst_sees_granted_clients_and_changes_nothing(
    app: Flask, acme: Client, globex: Client, alice: User
) -> None:
    browser = signed_in(app, person("ana", client=acme, agency="analyst"))

    assert page(browser, acme) == 403
    assert page(browser, globex) == 404
    removal = post(browser, f"/c/{acme.slug}/settings/team/{alice.id}/remove")
    assert removal.status_code == 403


def test_a_role_is_read_for_each_request(app: Flask, acme: Client, alice: User, bob: User) -> None:
    browser = signed_in(app, bob)
    assert page(browser, acme) == 403

    with acting_as(acme.id):
        team.grant(acme.id, bob, "owner")
    assert page(browser, acme) == 200

    with acting_as(acme.id):
        team.remove(acme.id, bob.id)
    assert page(browser, acme) == 404


def test_a_disabled_person_is_out_at_once(app: Flask, acme: Client, alice: User) -> None:
    browser = signed_in(app, alice)
    people.disable(alice)
    db.session.commit()

    assert page(browser, acme) == 303


@pytest.fixture
def admin(app: Flask, session: object) -> FlaskClient:
    """An admin of the agency, second step done."""
    user = person("root", agency="admin")
    user.totp_confirmed_at = user.created_at
    db.session.commit()
    return signed_in(app, user)


def test_an_admin_sees_every_client(admin: FlaskClient, acme: Client, globex: Client) -> None:
    assert (page(admin, acme), page(admin, globex), page(admin, acme, "settings/audit")) == (
        200,
        200,
        200,
    )


@pytest.mark.usefixtures("session")
def test_view_as_gives_a_members_eyes_for_reading_only(
    app: Flask, acme: Client, alice: User
) -> None:
    user = person("root", agency="admin")
    user.totp_confirmed_at = user.created_at
    db.session.commit()
    browser = signed_in(app, user)

    begun = post(browser, "/view-as", slug=acme.slug, role="viewer")
    assert begun.location == f"/c/{acme.slug}/overview"
    assert page(browser, acme) == 403

    post(browser, "/view-as", slug=acme.slug, role="owner")
    team_page = browser.get(f"/c/{acme.slug}/settings/team")
    assert "You see what" in team_page.text
    removal = f"/c/{acme.slug}/settings/team/{alice.id}/remove"
    assert post(browser, removal).status_code == 403
    assert post(browser, f"/admin/people/{alice.id}/disable").status_code == 403

    assert post(browser, "/view-as/end").location == "/admin/clients"
    assert "You see what" not in browser.get(f"/c/{acme.slug}/settings/team").text
    with acting_as(acme.id):
        rows = db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id)).all()
        actions = [row.action for row in rows if row.action.startswith("view_as")]
    assert actions == ["view_as.started", "view_as.started", "view_as.ended"]


def test_a_member_cannot_view_as(app: Flask, acme: Client, alice: User) -> None:
    assert post(signed_in(app, alice), "/view-as", slug=acme.slug).status_code == 404


def test_the_front_door_knows_where_to_go(
    app: Flask, acme: Client, globex: Client, alice: User, admin: FlaskClient
) -> None:
    browser = signed_in(app, alice)
    assert browser.get("/").location == f"/c/{acme.slug}/overview"
    assert admin.get("/").location == "/admin/clients"

    with acting_as(globex.id):
        team.grant(globex.id, alice, "viewer")
    both = browser.get("/")
    assert both.status_code == 200
    assert f"/c/{acme.slug}/overview" in both.text
    assert f"/c/{globex.slug}/overview" in both.text


def test_what_a_view_began_and_did_not_commit_is_gone(
    app: Flask, acme: Client, alice: User
) -> None:
    """The last owner's removal is refused after its row was locked; nothing of it stays."""
    browser = signed_in(app, alice)
    path = f"/c/{acme.slug}/settings/team/{alice.id}"

    assert post(browser, f"{path}/remove").status_code == 409
    assert post(browser, f"{path}/role", role="viewer").status_code == 409
    assert page(browser, acme) == 200


def _same(text: str, slug: str) -> str:
    text = re.sub(r"Reference [0-9a-f]+", "", text).replace(slug, "")
    return re.sub(r"csrf[^>]*|X-CSRF[^>]*", "", text, flags=re.IGNORECASE)
