"""`portal users`: the first admin and everybody else, from the machine that the portal runs on."""

import json
import secrets
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal.actions import people
from portal.cli.users import command
from portal.config import Config
from portal.core.db import db
from portal.models.accounts import Membership
from portal.models.clients import Client


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


def users(environment: dict[str, str], *arguments: str, password: str = "") -> Result:
    """Run `portal users …` in this process."""
    return CliRunner().invoke(command, [*arguments], env=environment, input=password)


def test_the_first_admin_gets_a_link(environment: dict[str, str], session: object) -> None:
    email = f"root-{secrets.token_hex(4)}@example.com"

    made = users(environment, "add", email, "--admin", "--json")

    assert made.exit_code == 0, made.output
    assert json.loads(made.output)["link"].startswith("https://portal.example/reset/")
    user = people.find(email)
    assert user is not None
    assert (user.agency_role, user.password_hash) == ("admin", "")


def test_a_member_is_added_with_a_password_listed_and_disabled(
    environment: dict[str, str], acme: Client, globex: Client
) -> None:
    email = f"mia-{acme.slug}@example.com"
    words = ("--client", acme.slug, "--client", globex.slug, "--role", "manager")

    made = users(environment, "add", email, *words, "--password-stdin", password="seven bottles\n")
    assert made.exit_code == 0, made.output
    user = people.find(email)
    assert user is not None
    assert db.session.get_one(Membership, (globex.id, user.id)).role == "manager"

    line = next(row for row in users(environment, "list").output.splitlines() if email in row)
    assert f"{acme.slug}:manager {globex.slug}:manager" in line

    assert users(environment, "disable", email).exit_code == 0
    db.session.refresh(user)
    assert user.disabled_at is not None


def test_what_is_wrong_is_said(environment: dict[str, str], session: object) -> None:
    assert users(environment, "reset-link", "nobody@example.com").exit_code == 1
    assert users(environment, "add", "not an address").exit_code == 1
    weak = users(environment, "add", "w@example.com", "--password-stdin", password="password1")
    assert weak.exit_code == 1
