"""Settings of a client's owner: who is in the team, and what was done."""

from flask import Flask

from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.models.accounts import AuditEntry, Membership, User
from portal.models.clients import Client
from tests.mailbox import letters_to, path_in
from tests.people import person, post, signed_in


def test_an_owner_invites_changes_and_removes(
    app: Flask, acme: Client, alice: User, bob: User
) -> None:
    browser, team = signed_in(app, alice), f"/c/{acme.slug}/settings/team"
    email = f"neu-{acme.slug}@example.com"

    invited = post(browser, f"{team}/invitations", email=email, role="viewer", name="Neu")
    assert invited.status_code == 303
    assert path_in(letters_to(email)[0]).startswith("/invite/")
    assert email in browser.get(team).text

    assert post(browser, f"{team}/{bob.id}/role", role="manager").status_code == 303
    assert db.session.get_one(Membership, (acme.id, bob.id)).role == "manager"
    assert post(browser, f"{team}/{bob.id}/remove").status_code == 303
    db.session.expire_all()
    assert db.session.get(Membership, (acme.id, bob.id)) is None

    with acting_as(acme.id):
        rows = db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id)).all()
    done = [(row.action, row.actor) for row in rows if row.actor == alice.email]
    assert done == [
        ("invitation.sent", alice.email),
        ("member.role_changed", alice.email),
        ("member.removed", alice.email),
    ]
    assert "member.removed" in browser.get(f"/c/{acme.slug}/settings/audit").text


def test_roles_outside_the_table_are_refused(
    app: Flask, acme: Client, alice: User, bob: User
) -> None:
    browser, team = signed_in(app, alice), f"/c/{acme.slug}/settings/team"

    for role in ("admin", "analyst", "", "OWNER"):
        assert post(browser, f"{team}/{bob.id}/role", role=role).status_code == 422
    invited = post(browser, f"{team}/invitations", email="a@example.com", role="admin")
    assert invited.status_code == 422
    header = post(
        browser, f"{team}/invitations", email="a@example.com\r\nBcc: b@x.io", role="viewer"
    )
    assert header.status_code == 422


def test_another_clients_people_are_not_found(
    app: Flask, acme: Client, globex: Client, alice: User, charlie: User
) -> None:
    browser = signed_in(app, alice)

    for slug, status in ((acme.slug, 404), (globex.slug, 404)):
        path = f"/c/{slug}/settings/team/{charlie.id}/remove"
        assert post(browser, path).status_code == status
    assert db.session.get(Membership, (globex.id, charlie.id)) is not None


def test_the_agencys_people_stay_until_the_agency_says(
    app: Flask, acme: Client, alice: User
) -> None:
    analyst = person("ana", client=acme, agency="analyst")
    path = f"/c/{acme.slug}/settings/team/{analyst.id}/remove"

    assert post(signed_in(app, alice), path).status_code == 403


def test_the_audit_log_of_another_client_is_not_shown(
    app: Flask, acme: Client, globex: Client, alice: User, charlie: User
) -> None:
    mine = signed_in(app, alice).get(f"/c/{acme.slug}/settings/audit").text

    assert alice.email in mine
    assert charlie.email not in mine
