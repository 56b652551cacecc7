"""Signing in by password, and everything that must not be one."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.blueprints.auth.next_page import safe_next
from portal.core.db import db
from portal.models.accounts import AgencyAudit, User
from tests.people import PASSWORD, form_token, sign_in, signed_in


def test_the_right_password_opens_a_session_with_a_new_id(
    browser: FlaskClient, alice: User
) -> None:
    browser.set_cookie("__Host-portal_session", "a" * 43)

    answer = sign_in(browser, alice.email.upper())

    cookie = browser.get_cookie("__Host-portal_session")
    assert answer.status_code == 303
    assert cookie is not None
    assert cookie.value != "a" * 43
    assert (cookie.secure, cookie.http_only, cookie.same_site) == (True, True, "Lax")
    assert browser.get("/account/profile").status_code == 200


def test_a_stranger_and_a_wrong_password_look_the_same(browser: FlaskClient, alice: User) -> None:
    wrong = sign_in(browser, alice.email, "not the right one")
    unknown = sign_in(browser, "x" * len(alice.email), "not the right one")

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert _plain(wrong.text, alice.email) == _plain(unknown.text, "x" * len(alice.email))


def test_wrong_passwords_lock_only_whoever_types_them(app: Flask, alice: User) -> None:
    thief, owner = app.test_client(), app.test_client()
    thief.environ_base["REMOTE_ADDR"] = "203.0.113.7"

    tried = [sign_in(thief, alice.email, "wrong").status_code for _ in range(12)]

    assert tried == [401] * 10 + [429] * 2
    assert sign_in(thief, alice.email).status_code == 429
    assert sign_in(owner, alice.email).status_code == 303
    rows = db.session.scalars(db.select(AgencyAudit).filter_by(subject=alice.email))
    assert sum(row.action == "sign_in.refused" for row in rows) == 10


ELSEWHERE = (
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "\\\\evil.example",
    "///evil.example",
    "javascript:alert(1)",
    "/ok\r\nSet-Cookie: a=b",
    "/\t/evil.example",
    "evil.example",
    "",
)


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_nobody_is_sent_to_another_site(wanted: str) -> None:
    assert safe_next(wanted) == "/"


def test_sign_in_goes_on_to_the_page_that_was_asked_for(browser: FlaskClient, alice: User) -> None:
    answer = sign_in(browser, alice.email, next="/c/x/overview?period=7d")

    assert answer.location == "/c/x/overview?period=7d"


def test_the_token_is_asked_for_and_dies_with_sign_in(browser: FlaskClient, alice: User) -> None:
    before = form_token(browser)
    login = {"email": alice.email, "password": PASSWORD}
    assert browser.post("/login", data=login).status_code == 400
    assert browser.post("/login", data={**login, "csrf_token": before + "x"}).status_code == 400
    assert browser.post("/login", data={**login, "csrf_token": before}).status_code == 303

    assert browser.post("/logout", data={"csrf_token": before}).status_code == 400


def test_a_form_of_ten_thousand_fields_or_of_json_is_refused(browser: FlaskClient) -> None:
    token = form_token(browser)
    fields = {f"f{n}": "" for n in range(10_000)}
    assert browser.post("/login", data={**fields, "csrf_token": token}).status_code == 413
    headers = {"X-CSRFToken": token}
    assert browser.post("/login", json={"email": "a"}, headers=headers).status_code == 415


def test_a_password_of_a_megabyte_is_refused_unhashed(browser: FlaskClient, alice: User) -> None:
    assert sign_in(browser, alice.email, "x" * 200_000).status_code == 422
    assert sign_in(browser, alice.email, "seven\0green").status_code == 422


def test_a_copied_cookie_is_worth_nothing_after_sign_out(app: Flask, alice: User) -> None:
    browser, thief = app.test_client(), app.test_client()
    sign_in(browser, alice.email)
    cookie = browser.get_cookie("__Host-portal_session")
    assert cookie
    thief.set_cookie(cookie.key, cookie.value)
    assert thief.get("/account/profile").status_code == 200

    token = form_token(browser, "/logout")
    assert browser.post("/logout", data={"csrf_token": token}).status_code == 303

    assert thief.get("/account/profile").location == "/login?next=/account/profile"


def _plain(text: str, email: str) -> str:
    lines = text.replace(email, "").splitlines()
    return "\n".join(line for line in lines if "csrf" not in line.lower())


def test_a_forged_forwarded_address_counts_for_nothing(app: Flask, alice: User) -> None:
    """Stuffing from one machine that names another address each time ends at its own limit."""
    thief = app.test_client()
    thief.environ_base["REMOTE_ADDR"] = "203.0.113.99"
    token = form_token(thief)
    data = {"password": "spring 2026!", "csrf_token": token}

    tried = [
        thief.post(
            "/login",
            data={**data, "email": f"n{number}@example.com"},
            headers={"X-Forwarded-For": f"198.51.100.{number}", "Client-IP": "192.0.2.1"},
        ).status_code
        for number in range(104)
    ]

    assert tried == [401] * 100 + [429] * 4


def test_each_thing_done_is_written_once(app: Flask, alice: User) -> None:
    browser = app.test_client()
    sign_in(browser, alice.email)
    browser.post("/account/password", data=_fields(browser, PASSWORD))
    browser.post("/logout", data={"csrf_token": form_token(browser, "/logout")})

    rows = db.session.scalars(db.select(AgencyAudit).filter_by(actor=alice.email)).all()

    assert [row.action for row in sorted(rows, key=lambda row: row.id.int)] == [
        "session.signed_in",
        "password.changed",
        "session.signed_in",
        "session.signed_out",
    ]
    assert {row.address for row in rows} == {"127.0.0.1"}
    assert all(len(row.request_id) == 32 for row in rows)


def test_changing_the_password_ends_all_other_sessions(app: Flask, alice: User) -> None:
    browser, other = app.test_client(), signed_in(app, alice)
    sign_in(browser, alice.email)
    before = browser.get_cookie("__Host-portal_session")

    assert browser.post("/account/password", data=_fields(browser, "wrong")).status_code == 403
    weak = {**_fields(browser, PASSWORD), "password": "password1"}
    assert browser.post("/account/password", data=weak).status_code == 422
    assert browser.post("/account/password", data=_fields(browser, PASSWORD)).status_code == 303

    after = browser.get_cookie("__Host-portal_session")
    assert other.get("/account/profile").status_code == 303
    assert browser.get("/account/profile").status_code == 200
    assert before is not None
    assert after is not None
    assert before.value != after.value


def _fields(browser: FlaskClient, current: str) -> dict[str, str]:
    token = form_token(browser, "/logout")
    return {"current": current, "password": "eleven blue lanterns", "csrf_token": token}
