"""The same commands on servers that somebody else runs."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.cluster import Urls
from tests.supervisor.started import portal


@pytest.fixture
def addresses(urls: Urls) -> Iterator[dict[str, str]]:
    """Addresses of a database that does not exist yet."""
    own = psycopg.conninfo.conninfo_to_dict(urls.app)["dbname"]
    name = f"external_{secrets.token_hex(4)}"

    def address(url: str) -> str:
        return url.replace(f"/{own}?", f"/{name}?")

    yield {
        "DATABASE_URL": address(urls.app),
        "DATABASE_PLATFORM_URL": address(urls.platform),
        "DATABASE_OWNER_URL": address(urls.owner),
        "REDIS_URL": urls.redis,
        "PORTAL_SECRET_KEY": secrets.token_urlsafe(48),
    }
    with psycopg.connect(urls.superuser, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


def test_setup_makes_roles_database_and_schema_there(
    addresses: dict[str, str], urls: Urls, tmp_path: Path
) -> None:
    """Once with the address of somebody who may, and any time after without."""
    data = ("--data", str(tmp_path))
    without = portal("setup", "--no-assets", *data, **addresses)
    assert without.returncode == 1
    assert "DATABASE_ADMIN_URL" in without.stderr

    done = portal("setup", "--no-assets", *data, **addresses, DATABASE_ADMIN_URL=urls.superuser)
    assert done.returncode == 0, done.stderr
    again = portal("setup", "--no-assets", *data, **addresses)
    assert again.returncode == 0, again.stderr
    assert not (tmp_path / "postgres").exists()

    doctor = portal("doctor", *data, **addresses)
    assert "ok    migrations" in doctor.stdout
    assert "ok    roles: role portal_app" in doctor.stdout
    assert "WRONG durability" in doctor.stdout  # the tests' own servers lose commits
    assert doctor.returncode == 1


def test_a_portal_refuses_to_start_on_unsafe_servers(
    addresses: dict[str, str], urls: Urls, tmp_path: Path
) -> None:
    """The web server itself, however it was started."""
    unsafe = addresses | {"DATABASE_URL": urls.superuser, "PORTAL_SECRET_KEY": "changeme"}
    done = portal("web", "--port", "0", **unsafe)
    assert done.returncode == 1
    assert done.stderr.startswith("portal: refuses to start:")
    assert "is superuser" in done.stderr
    assert "PORTAL_SECRET_KEY has 8 characters" in done.stderr
