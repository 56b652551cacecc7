"""The agency's clients: listed, made, changed; each change holds from its day."""

import io
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from portal.actions import clients, plans
from portal.catalog.calendars import calendar_of
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.models.clients import Client
from portal.rollups.sweep import due, sweep
from tests.people import form_token, person, signed_in


@pytest.fixture
def admin(app: Flask, session: object) -> FlaskClient:
    """A browser in which an admin of the agency is signed in, second step and all."""
    return signed_in(app, _with_second_step(person("ines", agency="admin")))


def _with_second_step(user: Any) -> Any:
    user.totp_secret, user.totp_confirmed_at = b"sealed", user.created_at
    db.session.commit()
    return user


def post(browser: FlaskClient, path: str, **fields: Any) -> Any:
    """Send a form as its page would."""
    token = form_token(browser, "/admin/clients/new")
    return browser.post(path, data={"csrf_token": token, **fields})


def test_the_list_shows_every_client(admin: FlaskClient, acme: Client, globex: Client) -> None:
    page = admin.get("/admin/clients").text

    assert acme.slug in page
    assert globex.slug in page


def test_an_analyst_sees_granted_clients_alone(app: Flask, acme: Client, globex: Client) -> None:
    browser = signed_in(app, person("arun", agency="analyst", client=acme))
    for path in ("/admin/clients", "/admin/freshness"):
        page = browser.get(path).text

        assert acme.slug in page
        assert globex.slug not in page
    assert browser.get("/admin/clients/new").status_code == 403


def test_a_client_is_made_with_keys_that_work(app: Flask, admin: FlaskClient) -> None:
    slug = f"new-{id(admin)}"
    made = post(
        admin,
        "/admin/clients",
        slug=slug,
        name="New Client",
        trade="clinic",
        zone="Asia/Kathmandu",
        week_start="6",
        currency="NPR",
    )

    assert made.status_code == 201
    assert made.text.count("pk_live_") == 2
    client = clients.by_slug(slug)
    with acting_as(client.id):
        span = calendar_of(client.id).current
        assert (span.zone, span.week_start, span.currency) == ("Asia/Kathmandu", 6, "NPR")


@pytest.mark.parametrize(
    ("field", "value"),
    [("zone", "Mars/Base"), ("slug", "Not A Slug"), ("currency", "EURO"), ("name", "")],
)
def test_a_bad_value_is_shown_at_its_field(admin: FlaskClient, field: str, value: str) -> None:
    good = {"slug": "fine", "name": "Fine", "trade": "clinic", "zone": "UTC", "week_start": "0",
            "currency": "EUR"}  # fmt: skip
    answer = post(admin, "/admin/clients", **{**good, field: value})

    assert answer.status_code == 422
    assert f'id="{field}-e"' in answer.text


def test_a_changed_zone_holds_from_its_day(admin: FlaskClient, acme: Client) -> None:
    done = post(
        admin,
        f"/admin/clients/{acme.id}/calendar",
        zone="Asia/Tokyo",
        week_start="0",
        currency="JPY",
        from_on="2026-06-01",
    )

    assert done.status_code == 303
    with acting_as(acme.id):
        calendar = calendar_of(acme.id)
        assert calendar.at(date(2026, 5, 31)).zone == "Europe/Berlin"
        assert calendar.at(date(2026, 6, 1)).zone == "Asia/Tokyo"


def test_a_form_filled_in_for_an_older_version_is_a_conflict(
    admin: FlaskClient, acme: Client
) -> None:
    fields = {"version": "1", "name": "Mine", "trade": "clinic", "color": ""}
    first = post(admin, f"/admin/clients/{acme.id}", **fields)
    second = post(admin, f"/admin/clients/{acme.id}", **{**fields, "name": "Yours"})

    assert (first.status_code, second.status_code) == (303, 409)
    assert "Mine" in admin.get(f"/admin/clients/{acme.id}").text


def test_a_plan_becomes_mrr(admin: FlaskClient, acme: Client) -> None:
    done = post(
        admin,
        f"/admin/clients/{acme.id}/plan",
        plan="Growth",
        amount="1290.50",
        interval="month",
        quantity="1",
        status="active",
    )
    while due():
        sweep()

    assert done.status_code == 303
    with acting_as(acme.id):
        plan = plans.current(acme.id)
        assert plan is not None
        assert plan.unit_amount_minor == 129_050
    assert "€1,291" in admin.get(f"/admin/clients?q={acme.slug}").text


def test_hours_and_state_are_kept(admin: FlaskClient, acme: Client) -> None:
    post(admin, f"/admin/clients/{acme.id}/hours", opens_0="08:00", closes_0="17:30")
    post(admin, f"/admin/clients/{acme.id}/status", status="paused", reason="holiday")
    page = admin.get(f"/admin/clients/{acme.id}").text

    assert 'value="17:30"' in page
    assert "paused" in page


def picture(size: tuple[int, int] = (40, 20), kind: str = "PNG") -> bytes:
    """Draw a small picture."""
    out = io.BytesIO()
    Image.new("RGB", size, "#0f766e").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "is_taken"),
    [
        (picture(), True),
        (picture(kind="JPEG"), True),
        (picture(kind="GIF"), False),
        (b"<svg onload=alert(1)>", False),
        (picture((5000, 10)), False),
        (picture()[:30], False),
    ],
    ids=["png", "jpeg", "gif", "svg", "too wide", "cut off"],
)
def test_a_logo_is_drawn_anew_or_refused(
    admin: FlaskClient,
    acme: Client,
    content: bytes,
    is_taken: bool,  # noqa: FBT001
) -> None:
    file = (io.BytesIO(content + b"<script>"), "../../logo.png")
    post(admin, f"/admin/clients/{acme.id}/logo", logo=file)
    client = db.session.get_one(Client, acme.id, populate_existing=True)
    db.session.commit()

    assert (client.logo_id is not None) == is_taken
    if is_taken:
        answer = admin.get(f"/c/{acme.slug}/logo/{client.logo_id}.png")
        assert answer.mimetype == "image/png"
        assert b"<script>" not in answer.data


def test_a_colour_themes_the_clients_pages(admin: FlaskClient, acme: Client) -> None:
    fields = {"name": "Acme", "trade": "clinic", "color": "#0f766e"}
    post(admin, f"/admin/clients/{acme.id}", **fields)
    page = admin.get(f"/c/{acme.slug}/overview").text
    sheet = page.split('href="/brand/')[1].split('"')[0]
    answer = admin.get(f"/brand/{sheet}")

    assert answer.mimetype == "text/css"
    assert "--brand" in answer.text
    assert admin.get("/brand/0f766e/wrong.css").status_code == 404
