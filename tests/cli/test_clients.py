"""`portal clients`: from nothing to a client whose keys work."""

import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from portal.actions import clients
from portal.catalog.calendars import calendar_of
from portal.cli.clients import command
from portal.config import Config
from portal.core.errors import PortalError
from portal.core.tenancy import acting_as

LEAD = [{"external_id": "L1", "occurred_at": "2026-01-01T00:00:00Z"}]


@pytest.fixture
def environment(config: Config, tmp_path: Path) -> dict[str, str]:
    """Settings of the tests' own servers, for a command."""
    return {
        "DATABASE_URL": config.database_url,
        "DATABASE_PLATFORM_URL": config.database_platform_url,
        "DATABASE_OWNER_URL": config.database_owner_url,
        "REDIS_URL": config.redis_url,
        "PORTAL_SECRET_KEY": config.secret_key,
        "PORTAL_DATA_DIR": str(tmp_path),
        "PORTAL_BASE_URL": "https://portal.example",
    }


def run(environment: dict[str, str], *arguments: str) -> Result:
    """Run `portal clients …` in this process."""
    return CliRunner().invoke(command, [*arguments], env=environment)


def call(app: Flask, method: str, key: str, **options: Any) -> Any:
    """Use a key."""
    browser = app.test_client()
    headers = {"Authorization": f"Bearer {key}"}
    path = "/api/v1/facts/leads"
    return browser.open(
        path, method=method, headers=headers, base_url="https://localhost", **options
    )


def test_a_new_client_can_send_and_read(
    app: Flask, environment: dict[str, str], session: object
) -> None:
    """`add --json` prints its short name and two keys that open what they say."""
    slug = f"new-{secrets.token_hex(4)}"
    words = ("--name", "New", "--zone", "Asia/Kathmandu", "--currency", "npr")
    made = run(environment, "add", slug, *words, "--week-start", "sunday", "--json")
    assert made.exit_code == 0, made.output
    said = json.loads(made.output)
    assert set(said) == {"slug", "ingest_key", "read_key"}
    assert call(app, "POST", said["ingest_key"], json=LEAD).status_code == 200
    assert len(call(app, "GET", said["read_key"]).json["items"]) == 1
    client = clients.by_slug(slug)
    with acting_as(client.id):
        span = calendar_of(client.id).current
    assert (span.zone, span.currency, span.week_start) == ("Asia/Kathmandu", "NPR", 6)
    again = run(environment, "add", slug, *words)
    assert isinstance(again.exception, PortalError)
    assert "is taken" in str(again.exception)


@pytest.mark.parametrize(
    "words",
    [
        ("--zone", "Mars/Base"),
        ("--zone", "../../etc/passwd"),
        ("--zone", ""),
        ("--currency", "EURO"),
        ("--week-start", "t"),
        ("--week-start", "7"),
        ("--name", " "),
        ("--trade", "circus"),
    ],
)
def test_terms_that_no_client_may_have(
    environment: dict[str, str], session: object, words: tuple[str, str]
) -> None:
    """Refused with what would be right; nothing is made."""
    slug = f"bad-{secrets.token_hex(4)}"
    good = ("--name", "Bad", "--zone", "UTC")
    made = run(environment, "add", slug, *good, *words)
    assert made.exit_code != 0
    assert isinstance(made.exception, PortalError)
    with pytest.raises(PortalError):
        clients.by_slug(slug)


def test_status_is_told(environment: dict[str, str], acme: Any) -> None:
    """Paused, back, gone; the list says so."""
    for word, status in (("pause", "paused"), ("resume", "active"), ("churn", "churned")):
        assert run(environment, word, acme.slug).exit_code == 0
        listed = json.loads(run(environment, "list", "--json").output)
        assert [one["status"] for one in listed if one["slug"] == acme.slug] == [status]


def test_one_more_key(app: Flask, environment: dict[str, str], acme: Any) -> None:
    """For another system, so that its ids are its own."""
    made = run(environment, "key", acme.slug, "--system", "shop")
    assert call(app, "POST", made.output.strip(), json=LEAD).json["stored"] == 1
    other = run(environment, "key", acme.slug)
    assert call(app, "POST", other.output.strip(), json=LEAD).json["stored"] == 1
