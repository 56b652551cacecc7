"""Links in mails: reset, invitation, change of address. Opening one does nothing."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.actions import deliveries, invitations, letters, people, proofs
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.models.accounts import Membership, User
from portal.models.clients import Client
from tests.mailbox import letters_to, path_in
from tests.people import PASSWORD, form_token, person, post, sign_in, signed_in

CYRILLIC_A = "\u0430"
NEW = "eleven blue lanterns"


def token_of(link: str) -> str:
    return link.rsplit("/", 1)[1]


def send(browser: FlaskClient, path: str, **fields: str) -> TestResponse:
    token = form_token(browser, path)
    return browser.post(path, data={**fields, "token": token_of(path), "csrf_token": token})


def reset_path(user: User) -> str:
    link = proofs.password_link(user)
    db.session.commit()
    return f"/reset/{token_of(link)}"


def test_a_reset_answers_alike_for_everybody(browser: FlaskClient, alice: User) -> None:
    answers = [
        browser.post("/forgot", data={"email": email, "csrf_token": form_token(browser, "/forgot")})
        for email in (alice.email.upper(), "nobody@example.com")
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].text.count("Look in your mail") == answers[1].text.count("Look in your mail")
    assert letters_to(alice.email.upper())[0]["template"] == letters.RESET
    assert letters_to("nobody@example.com")[0]["template"] == letters.RESET


def test_a_reset_goes_to_the_stored_address_alone(alice: User) -> None:
    made = letters.make_reset(alice.email.upper())

    assert made is not None
    assert made[0] == alice.email
    assert "/reset/" in made[1].link
    assert letters.make_reset(alice.email.replace("a", CYRILLIC_A)) is None


def test_opening_a_link_does_nothing_and_using_it_works_once(
    browser: FlaskClient, app: Flask, alice: User
) -> None:
    path, thief = reset_path(alice), signed_in(app, alice)
    for _ in range(3):
        page = browser.get(path)
        assert page.status_code == 200
        assert page.headers["Referrer-Policy"] == "no-referrer"

    assert send(browser, path, password=NEW).status_code == 303

    assert thief.get("/account/profile").status_code == 303
    assert browser.get(path).status_code == 400
    assert "used already" in browser.get(path).text
    assert sign_in(app.test_client(), alice.email, NEW).status_code == 303
    assert sign_in(app.test_client(), alice.email, PASSWORD).status_code == 401


def test_a_weak_password_leaves_the_link_good(browser: FlaskClient, alice: User) -> None:
    path = reset_path(alice)

    assert send(browser, path, password="password1").status_code == 422
    assert send(browser, path, password="acme for ever").status_code == 422
    assert send(browser, path, password=NEW).status_code == 303


def test_the_link_alone_names_the_person(browser: FlaskClient, alice: User, bob: User) -> None:
    assert send(browser, reset_path(alice), password=NEW, user_id=str(bob.id)).status_code == 422


@pytest.mark.parametrize("change", ["password", "address", "disabled"])
def test_a_link_is_dead_after_a_change(browser: FlaskClient, alice: User, change: str) -> None:
    path = reset_path(alice)
    if change == "password":
        people.set_password(alice, NEW)
    elif change == "address":
        people.set_email(alice, f"new-{alice.email}")
    else:
        people.disable(alice)
    db.session.commit()

    assert browser.get(path).status_code == 400


def test_the_link_is_made_from_the_settings_not_from_the_request(
    browser: FlaskClient, alice: User
) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    token = form_token(browser, "/forgot")
    form = {"email": alice.email, "csrf_token": token}
    assert browser.post("/forgot", data=form, headers=headers).status_code == 200
    assert browser.get("/login", headers={"Host": "evil.example"}).status_code == 400

    made = letters.make_reset(alice.email)
    assert made is not None
    assert made[1].link.startswith("http://localhost/reset/")


def invite(client: Client, email: str, role: str = "manager") -> str:
    with acting_as(client.id):
        link = invitations.invite(email, role, client=client)
    return f"/invite/{token_of(link)}"


def test_an_invitation_makes_a_member_with_the_role_of_the_row(
    browser: FlaskClient, acme: Client
) -> None:
    email = f"new-{acme.slug}@example.com"
    path = invite(acme, email)
    assert path_in(letters_to(email)[0]) == path

    assert send(browser, path, name="Nia", password=NEW, role="owner").status_code == 422
    assert send(browser, path, name="Nia", password=NEW).status_code == 303

    made = people.find(email)
    assert made is not None
    assert made.name == "Nia"
    assert db.session.get_one(Membership, (acme.id, made.id)).role == "manager"
    assert browser.get("/account/profile").status_code == 200
    assert browser.get(path).status_code == 400


def test_an_invited_person_who_is_known_keeps_their_password(
    app: Flask, acme: Client, charlie: User
) -> None:
    browser, path = app.test_client(), invite(acme, charlie.email.upper())

    assert "password" not in browser.get(path).text.split("<form")[1]
    assert send(browser, path).location == "/login"

    assert db.session.get_one(Membership, (acme.id, charlie.id)).role == "manager"
    assert browser.get("/account/profile").status_code == 303
    assert sign_in(app.test_client(), charlie.email).status_code == 303


def test_a_second_invitation_or_an_end_kills_the_first(browser: FlaskClient, acme: Client) -> None:
    email = f"late-{acme.slug}@example.com"
    first, second = invite(acme, email), invite(acme, email)
    assert browser.get(first).status_code == 400
    assert browser.get(second).status_code == 200

    with acting_as(acme.id):
        invitations.revoke(invitations.waiting(acme.id)[0].id, acme.id)

    assert browser.get(second).status_code == 400


def test_an_address_changes_only_when_the_new_one_proves_itself(app: Flask, acme: Client) -> None:
    user = person("dora", client=acme)
    browser, before, after = signed_in(app, user), user.email, f"new-{user.email}"

    assert post(browser, "/account/address", email=after, password="wrong").status_code == 403
    assert post(browser, "/account/address", email=after, password=PASSWORD).status_code == 303
    assert people.find(after) is None

    reader = app.test_client()
    path = path_in(letters_to(after)[0])
    assert reader.get(path).status_code == 200
    assert people.find(after) is None
    assert send(reader, path).status_code == 303

    db.session.expire_all()
    assert people.find(before) is None
    assert people.find(after) is not None
    assert browser.get("/account/profile").status_code == 303
    assert letters_to(before)[-1]["heading"] == "Your address was changed"


def test_a_mail_is_sent_once_and_its_link_works(app: Flask, alice: User) -> None:
    letters.ask_reset(alice.email)
    letters.ask_reset(alice.email)
    db.session.commit()

    assert deliveries.any_due()
    assert len(letters_to(alice.email)) == 1
