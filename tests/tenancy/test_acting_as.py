"""`acting_as` shows one client's rows, and nothing outside it."""

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from portal.config import Config
from portal.core.calendar import now
from portal.core.db import db
from portal.core.errors import NoClient, WrongClient
from portal.core.tenancy import acting_as, current_client_id
from portal.models.clients import Client, ClientStatusChange
from tests import watcher


def note(client: Client, reason: str) -> None:
    """Write a row of `client`."""
    with acting_as(client.id):
        change = ClientStatusChange(
            client_id=client.id, at=now(), status="active", reason=reason, created_at=now()
        )
        db.session.add(change)
        db.session.commit()


def reasons() -> set[str]:
    """Read them through the ORM."""
    return set(db.session.scalars(sa.select(ClientStatusChange.reason)))


def test_each_client_sees_its_own_rows(acme: Client, globex: Client) -> None:
    note(acme, "canary-acme")
    note(globex, "canary-globex")

    with acting_as(acme.id):
        assert "canary-acme" in reasons()
        assert "canary-globex" not in reasons()
    with acting_as(globex.id):
        assert "canary-globex" in reasons()
        assert "canary-acme" not in reasons()


def test_nobody_in_scope_sees_nothing(acme: Client) -> None:
    """The policy alone: a Core statement that carries the right client still gets no row."""
    note(acme, "canary")
    found = db.session.execute(
        sa.text("SELECT count(*) FROM client_status_changes WHERE client_id = :c"), {"c": acme.id}
    ).scalar_one()

    assert found == 0
    db.session.rollback()


def test_the_policy_holds_without_the_bind(acme: Client, globex: Client) -> None:
    """The other lock alone: naming another client in the statement shows none of its rows."""
    note(globex, "canary-globex")
    with acting_as(acme.id):
        found = db.session.execute(
            sa.text("SELECT count(*) FROM client_status_changes WHERE client_id = :c"),
            {"c": globex.id},
        ).scalar_one()

    assert found == 0


def test_a_row_for_another_client_is_refused(acme: Client, globex: Client) -> None:
    change = ClientStatusChange(
        client_id=globex.id, at=now(), status="active", reason="x", created_at=now()
    )

    with acting_as(acme.id):
        db.session.add(change)
        with pytest.raises(DBAPIError, match="row-level security"):
            db.session.flush()
        db.session.rollback()


def test_an_error_leaves_nobody_in_scope(acme: Client) -> None:
    with pytest.raises(ZeroDivisionError), acting_as(acme.id):
        _ = 1 / 0

    with pytest.raises(NoClient):
        current_client_id()


def test_one_unit_of_work_has_one_client(acme: Client, globex: Client) -> None:
    with acting_as(acme.id), pytest.raises(WrongClient), acting_as(globex.id):
        pass


def test_a_row_of_the_last_client_is_not_remembered(acme: Client) -> None:
    """`get` must not answer from the identity map what the policy hides."""
    note(acme, "canary")
    with acting_as(acme.id):
        change = db.session.scalars(sa.select(ClientStatusChange)).first()
        assert change is not None
        key = (change.client_id, change.id)

    assert db.session.get(ClientStatusChange, key) is None
    db.session.rollback()
    watcher.violations.clear()


def test_the_client_does_not_outlive_the_transaction(acme: Client) -> None:
    with acting_as(acme.id):
        db.session.execute(sa.text("SELECT 1"))
    left = db.session.execute(sa.text("SELECT current_setting('portal.client_id', true)")).scalar()

    assert not left
    db.session.rollback()


@pytest.mark.parametrize("ending", ["", "an error of its own"])
def test_no_client_stays_when_the_connection_is_lost(
    acme: Client, globex: Client, config: Config, ending: str
) -> None:
    """Else every later request of this thread would be told that it acts as somebody already."""
    own, other = acme.id, globex.id

    def work() -> None:
        with acting_as(own):
            pid = db.session.scalar(sa.text("SELECT pg_backend_pid()"))
            with psycopg.connect(config.database_url) as connection:
                connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
            if ending:
                raise ValueError(ending)
            db.session.execute(sa.text("SELECT 1"))

    with pytest.raises((DBAPIError, ValueError)):
        work()
    with pytest.raises(NoClient):
        current_client_id()

    with acting_as(other):
        assert set(db.session.scalars(sa.select(ClientStatusChange.client_id))) == {other}
