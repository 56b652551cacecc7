"""Headers on every answer, and who a request may come from."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.app import create_app
from portal.config import Config
from portal.core.db import db
from portal.models.accounts import User
from portal.models.clients import Client
from tests.people import form_token, post, signed_in

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/login", 200), ("/nowhere", 404), ("/static/css/01-tokens.css", 200), ("/static/no", 404),
     ("/", 303), ("/healthz", 200), ("/api/v1/nothing", 404), ("/reset/x", 400)],
)  # fmt: skip
def test_every_answer_has_all_headers(browser: FlaskClient, path: str, status: int) -> None:
    answer = browser.get(path, buffered=True)

    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert "data:" not in policy
    assert answer.headers["Permissions-Policy"].startswith("camera=()")
    assert len(answer.headers["X-Request-Id"]) == 32


def test_private_answers_are_kept_nowhere(app: Flask, acme: Client, alice: User) -> None:
    for path in ("/account/profile", f"/c/{acme.slug}/settings/team", "/c/nothing/overview"):
        answer = signed_in(app, alice).get(path)
        assert answer.headers["Cache-Control"] == "no-store, private"
        assert {"Cookie", "HX-Request"} <= set(answer.headers["Vary"].split(", "))


def test_other_methods_are_refused(browser: FlaskClient) -> None:
    assert browser.delete("/login").status_code in {400, 405}
    for method in ("PUT", "TRACE", "BREW"):
        assert browser.open("/login", method=method).status_code in {400, 405, 501}


@pytest.fixture
def strict(config: Config) -> Iterator[Flask]:
    """The portal behind TLS, as in production."""
    settings = replace(config, base_url="https://portal.example", proxies=1)
    app = create_app(settings, testing=False)
    yield app
    with app.app_context():
        db.engine.dispose()
    app.extensions["platform_engine"].dispose()


@pytest.mark.parametrize("host", ["evil.example", "portal.example:99", "", "portal.example.evil"])
def test_only_our_own_host_is_answered(strict: Flask, host: str) -> None:
    browser = strict.test_client()

    assert browser.get("/login", headers={"Host": host}).status_code == 400


def test_tls_is_remembered(strict: Flask) -> None:
    answer = strict.test_client().get("/login", headers={"Host": "portal.example"})

    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


OWN = "https://portal.example"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": OWN, "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": OWN}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 303),
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "https://portal.example.evil"}, 403),
        ({"Origin": "http://portal.example"}, 403),
        ({"Origin": OWN, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": OWN, "Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_a_form_of_another_site_is_refused(
    strict: Flask, headers: dict[str, str], status: int
) -> None:
    browser = strict.test_client()
    own = {"Host": "portal.example", "X-Forwarded-Proto": "https"}
    page = browser.get("/login", base_url=OWN, headers=own).text
    token = page.split('name="csrf_token" type="hidden" value="')[1].split('"')[0]

    answer = browser.post(
        "/logout", data={"csrf_token": token}, base_url=OWN, headers={**own, **headers}
    )

    assert answer.status_code == status
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_form_token_is_of_this_session_alone(app: Flask, alice: User, bob: User) -> None:
    hers, his = signed_in(app, alice), signed_in(app, bob)
    token = form_token(his, "/logout")
    path = "/account/sessions/end"

    for data in ({}, {"csrf_token": ""}, {"csrf_token": "x"}, {"csrf_token": token}):
        answer = hers.post(path, data=data, headers={"HX-Request": "true"})
        assert answer.status_code == 400
    assert hers.get("/account/profile").status_code == 200
    assert post(hers, path).status_code == 303


@pytest.mark.parametrize("cookie", ["", "x", "x" * 8000, "a" * 43, "%00", "é"])
def test_a_broken_cookie_is_nobody(browser: FlaskClient, cookie: str) -> None:
    sent = "; ".join(f"__Host-portal_{name}={cookie}" for name in ("session", "session", "state"))
    headers = {"Cookie": sent.encode().decode("latin-1")}

    answer = browser.get("/account/profile", headers=headers)
    assert answer.location.startswith("/login")
    assert browser.get("/login", headers=headers).status_code == 200
