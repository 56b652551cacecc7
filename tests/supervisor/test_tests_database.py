"""The database that all tests share is the one that production has."""

import psycopg

from tests.cluster import Urls


def test_app_role_is_bound_by_policies(urls: Urls) -> None:
    """A test that ran as superuser would prove nothing about isolation."""
    with psycopg.connect(urls.app) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == (False, False)


def test_schema_is_made_by_migrations(urls: Urls) -> None:
    """No create_all: the template is migrated to head."""
    with psycopg.connect(urls.owner) as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


def test_two_clients_are_told_apart(acme: object, globex: object) -> None:
    """The factories make clients under the policies."""
    assert acme is not globex
