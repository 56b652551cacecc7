"""PostgreSQL refuses root: the smaller account that it gets then."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from portal.supervisor import account
from portal.supervisor.layout import Layout
from portal.supervisor.servers import Servers, superuser_url


@pytest.fixture
def without_namespaces(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine that forbids user namespaces, as Docker's default profile does."""
    monkeypatch.setattr(account, "NAMESPACE", ("false",))
    account.database_account.cache_clear()
    yield
    account.database_account.cache_clear()


def runs(layout: Layout) -> int:
    """Start, ask, stop; say who owned the files meanwhile."""
    servers = Servers(layout)
    servers.start()
    try:
        with psycopg.connect(superuser_url(layout)) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        return (layout.postgres / "PG_VERSION").stat().st_uid
    finally:
        servers.stop()


def test_it_runs_below_a_private_folder_of_any_user(tmp_path: Path) -> None:
    """No folder is opened to others for its sake, and the files stay ours."""
    tmp_path.chmod(0o700)
    assert runs(Layout(tmp_path / "data")) == os.geteuid()
    assert tmp_path.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("without_namespaces")
def test_without_namespaces_root_still_has_a_way(tmp_path: Path) -> None:
    """Nobody's account, allowed to walk through private folders; a normal user needs no way."""
    tmp_path.chmod(0o700)
    owner = runs(Layout(tmp_path / "data"))
    assert owner == (account.NOBODY if os.geteuid() == 0 else os.geteuid())


def test_files_change_hands_when_the_machine_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First with namespaces, then without, then with: the same data folder works each time."""
    layout = Layout(tmp_path / "data")
    runs(layout)
    with monkeypatch.context() as patch:
        patch.setattr(account, "NAMESPACE", ("false",))
        account.database_account.cache_clear()
        runs(layout)
    account.database_account.cache_clear()
    assert runs(layout) == os.geteuid()
