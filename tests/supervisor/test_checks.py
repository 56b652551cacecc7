"""What keeps the portal from starting: one test for each reason."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from portal.config import Config
from portal.core.errors import BadConfig
from portal.supervisor import checks
from portal.supervisor.checks import durability, policies, redis, roles, schema, settings
from portal.supervisor.checks.finding import Check, Finding, Place
from tests.cluster import Urls

GOOD_KEY = "Zk3vQ9sX7-pLw2mTb8RyUe5NcHgJ4dFa"


def worst(check: Check, config: Config) -> Finding:
    """The first finding that is not well, else the first."""
    found = list(check(Place(config)))
    return next((finding for finding in found if not finding.ok), found[0])


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("", "is missing"),
        ("short", "has 5 characters"),
        ("changeme-changeme-changeme-changeme", "everybody knows"),
        ("a" * 64, "everybody knows"),
    ],
)
def test_a_weak_secret_key_is_fatal(config: Config, key: str, said: str) -> None:
    """The message names the variable and the command that makes a good one."""
    found = worst(settings.look, replace(config, secret_key=key))
    assert not found.ok
    assert found.fatal
    assert found.what.startswith("PORTAL_SECRET_KEY")
    assert said in found.what
    assert "token_urlsafe" in found.mend


def test_a_good_key_is_well(config: Config) -> None:
    """Nothing to say."""
    assert worst(settings.look, replace(config, secret_key=GOOD_KEY)).ok


def test_the_debugger_is_fatal(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Werkzeug's console runs any code."""
    monkeypatch.setenv("FLASK_DEBUG", "1")
    found = worst(settings.look, replace(config, secret_key=GOOD_KEY))
    assert (found.ok, found.fatal) == (False, True)
    assert "FLASK_DEBUG" in found.what


def test_the_roles_of_setup_are_well(config: Config) -> None:
    """Both of them."""
    assert all(found.ok for found in roles.look(Place(config)))


def test_a_temporary_table_is_no_power(config: Config) -> None:
    """Ingest keeps one in each of its connections."""
    with psycopg.connect(config.database_url) as connection:
        connection.execute("CREATE TEMP TABLE staged AS SELECT 1 AS one")
        connection.commit()
        assert all(found.ok for found in roles.look(Place(config)))


def test_a_superuser_is_fatal(config: Config, urls: Urls) -> None:
    """No policy holds one."""
    found = worst(roles.look, replace(config, database_url=urls.superuser))
    assert found.fatal
    assert "is superuser and passes by policies" in found.what


def test_the_owner_of_the_tables_is_fatal(config: Config, urls: Urls) -> None:
    """Who owns a table may switch its policies off."""
    found = worst(roles.look, replace(config, database_url=urls.owner))
    assert (found.ok, found.fatal) == (False, True)
    assert "owns tables" in found.what


@pytest.fixture
def passing_by(urls: Urls) -> Iterator[str]:
    """Address of a role with BYPASSRLS and nothing else."""
    with psycopg.connect(urls.superuser, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS passes_by")
        connection.execute("CREATE ROLE passes_by LOGIN BYPASSRLS PASSWORD 'passes by'")
        connection.execute("GRANT CONNECT ON DATABASE " + connection.info.dbname + " TO passes_by")
        yield "postgresql://passes_by:passes%20by@" + urls.superuser.partition("@")[2]
        connection.execute("DROP OWNED BY passes_by")
        connection.execute("DROP ROLE passes_by")


def test_a_role_that_passes_by_policies_is_fatal(config: Config, passing_by: str) -> None:
    """Even where it is no superuser."""
    found = worst(roles.look, replace(config, database_url=passing_by))
    assert (found.ok, found.fatal) == (False, True)
    assert found.what == "role passes_by passes by policies"


def test_a_table_without_forced_policy_is_fatal(config: Config, urls: Urls) -> None:
    """Somebody switched one off by hand."""
    assert worst(policies.look, config).ok
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        connection.execute("ALTER TABLE day_marks NO FORCE ROW LEVEL SECURITY")
        try:
            found = worst(policies.look, config)
        finally:
            connection.execute("ALTER TABLE day_marks FORCE ROW LEVEL SECURITY")
    assert (found.ok, found.fatal) == (False, True)
    assert "day_marks" in found.what


def test_another_schema_is_told_with_its_command(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not fatal: `portal migrate` must be able to start."""
    assert worst(schema.look, config).ok
    monkeypatch.setattr(schema, "head", lambda: "9999_from_the_future")
    found = worst(schema.look, config)
    assert (found.ok, found.fatal) == (False, False)
    assert found.mend == "Run `portal migrate`"


def test_a_server_that_loses_commits_is_fatal_outside_the_demo(config: Config) -> None:
    """The tests' own servers do: fsync is off."""
    found = worst(durability.look, config)
    assert (found.ok, found.fatal) == (False, True)
    assert "fsync is off" in found.what
    assert not worst(durability.look, replace(config, demo=True)).fatal


def test_a_redis_that_forgets_is_fatal_outside_the_demo(config: Config) -> None:
    """The tests' own keeps no file."""
    found = worst(redis.look, config)
    assert (found.ok, found.fatal) == (False, True)
    assert "appendonly is no" in found.what


def test_a_redis_that_is_down_is_not_fatal(config: Config) -> None:
    """Pages and ingest work without it."""
    found = worst(redis.look, replace(config, redis_url="unix:///nonexistent/valkey.sock"))
    assert (found.ok, found.fatal) == (False, False)


def test_refusing_names_every_reason_at_once(config: Config, urls: Urls) -> None:
    """One line each, so that nobody starts five times."""
    with pytest.raises(BadConfig) as refused:
        checks.refuse_unsafe(replace(config, secret_key="", database_url=urls.superuser))
    said = str(refused.value)
    assert "PORTAL_SECRET_KEY is missing" in said
    assert "is superuser" in said
    assert "fsync is off" in said


def test_a_database_that_is_down_keeps_nobody_from_starting(config: Config) -> None:
    """It may come up later; the doctor tells of it."""
    down = replace(
        config,
        secret_key=GOOD_KEY,
        database_url="postgresql://portal_app@/portal?host=/nonexistent",
        database_platform_url="postgresql://portal_platform@/portal?host=/nonexistent",
        redis_url="unix:///nonexistent/valkey.sock",
    )
    checks.refuse_unsafe(down)
    found = list(checks.examine(Place(down)))
    assert any("does not answer" in finding.what and finding.mend for finding in found)
