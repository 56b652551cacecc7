"""The second step: a code that is good once, and a half-open door that opens nothing."""

import re
import time

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.core.db import db
from portal.models.accounts import User
from portal.models.clients import Client
from tests.mailbox import letters_to
from tests.people import PASSWORD, form_token, person, post, sign_in, signed_in

Ready = tuple[User, pyotp.TOTP, list[str]]


def set_up(browser: FlaskClient) -> tuple[pyotp.TOTP, list[str]]:
    """Switch the second step on as a person does; give the authenticator and the codes."""
    page = browser.get("/account/two-factor").text
    secret = re.search(r'id="totp-key">([^<]+)<', page)
    assert secret
    authenticator = pyotp.TOTP(secret[1].replace(" ", ""))
    answer = post(browser, "/account/two-factor", code=authenticator.now())
    assert answer.status_code == 200
    return authenticator, re.findall(r"<li>([0-9A-Z]{5}-[0-9A-Z]{5})</li>", answer.text)


def later(authenticator: pyotp.TOTP) -> str:
    """Give the code of the next half minute, for the present one was used."""
    return authenticator.at(int(time.time()) + 30)


def second_step(browser: FlaskClient, code: str) -> int:
    token = form_token(browser, "/two-factor")
    data = {"code": code, "csrf_token": token}
    return browser.post("/two-factor", data=data).status_code


@pytest.fixture
def ready(app: Flask, acme: Client) -> Ready:
    user = person("eve", client=acme, role="owner")
    return user, *set_up(signed_in(app, user))


def test_half_signed_in_opens_nothing(app: Flask, acme: Client, ready: Ready) -> None:
    user, authenticator, _ = ready
    browser = app.test_client()

    assert sign_in(browser, user.email).location.startswith("/two-factor")
    for path in ("/", "/account/profile", "/account/two-factor", f"/c/{acme.slug}/settings/team"):
        assert browser.get(path).location.startswith("/two-factor?next="), path

    assert second_step(browser, later(authenticator)) == 303
    assert browser.get(f"/c/{acme.slug}/settings/team").status_code == 200


def test_a_code_is_good_once(app: Flask, ready: Ready) -> None:
    user, authenticator, codes = ready
    code = later(authenticator)
    first, second, third, fourth = (app.test_client() for _ in range(4))
    for browser in (first, second, third, fourth):
        sign_in(browser, user.email)

    assert second_step(first, code) == 303
    assert second_step(second, code) == 401
    assert second_step(second, codes[0].lower()) == 303
    assert second_step(third, codes[0]) == 401
    assert second_step(third, codes[1].replace("-", "")) == 303


def test_guessing_codes_ends_after_five_and_is_told(app: Flask, ready: Ready) -> None:
    user, authenticator, _ = ready
    browser = app.test_client()
    sign_in(browser, user.email)

    tried = [second_step(browser, "000000") for _ in range(7)]

    assert tried == [401] * 5 + [429] * 2
    assert second_step(browser, later(authenticator)) == 429
    subjects = [letter["subject"] for letter in letters_to(user.email)]
    assert sum("Wrong codes" in str(subject) for subject in subjects) == 1


def test_switching_off_asks_for_the_password(app: Flask, ready: Ready) -> None:
    user, *_ = ready
    browser = signed_in(app, user)

    assert post(browser, "/account/two-factor/off", password="wrong").status_code == 403
    db.session.refresh(user)
    assert user.totp_confirmed_at is not None

    assert post(browser, "/account/two-factor/off", password=PASSWORD).status_code == 303
    db.session.refresh(user)
    assert user.totp_confirmed_at is None
    assert user.totp_secret is None


def test_the_secret_is_sealed_and_its_picture_ends_with_set_up(app: Flask, acme: Client) -> None:
    user = person("fay", client=acme)
    browser = signed_in(app, user)
    browser.get("/account/two-factor")
    picture = browser.get("/account/two-factor/picture.svg")
    assert picture.mimetype == "image/svg+xml"

    authenticator, _ = set_up(browser)

    db.session.refresh(user)
    assert user.totp_secret is not None
    assert authenticator.secret.encode() not in user.totp_secret
    assert browser.get("/account/two-factor/picture.svg").status_code == 409


def test_an_admin_outside_the_demo_sees_nothing_before_the_second_step(
    app: Flask, acme: Client
) -> None:
    admin = person("root", agency="admin")
    browser = signed_in(app, admin)
    assert browser.get("/admin/people").location == "/account/two-factor"
    assert browser.get("/account/profile").location == "/account/two-factor"

    set_up(browser)

    assert browser.get("/admin/people").status_code == 200
    assert post(browser, "/account/two-factor/off", password=PASSWORD).status_code == 403
