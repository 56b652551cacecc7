"""Shared fixtures: real servers, a database of its own for each worker, two clients."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.app import create_app
from portal.config import Config
from portal.core.db import db
from portal.models.accounts import User
from portal.models.clients import Client
from tests import cluster, factories, people, watcher

SECRET_KEY = "a key for tests only, which opens nothing at all"


def pytest_configure(config: pytest.Config) -> None:
    """Name the run's folder before the workers start."""
    cluster.claim_folder()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing."""
    cluster.release_folder()


@pytest.fixture(scope="session")
def urls(worker_id: str) -> cluster.Urls:
    """Addresses of this worker's database; the first to ask starts the servers."""
    return cluster.open_database(worker_id)


@pytest.fixture(scope="session")
def config(urls: cluster.Urls, tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Settings of a portal in production, but for its address."""
    return Config(
        database_url=urls.app,
        database_platform_url=urls.platform,
        database_owner_url=urls.owner,
        redis_url=urls.redis,
        secret_key=SECRET_KEY,
        data_dir=Path(tmp_path_factory.mktemp("data")),
        base_url="http://localhost",
    )


@pytest.fixture(scope="session")
def app(config: Config) -> Iterator[Flask]:
    """The portal as it runs, connected as the role that no policy lets through."""
    app = create_app(config, testing=True)
    with app.app_context():
        watcher.watch(db.engine)
    yield app
    with app.app_context():
        db.engine.dispose()
    app.extensions["platform_engine"].dispose()


@pytest.fixture(autouse=True)
def _every_statement_names_its_client() -> Iterator[None]:
    """Fail a test that ran a statement on a client table without `client_id`."""
    watcher.violations.clear()
    yield
    assert watcher.violations == []


@pytest.fixture
def session(app: Flask) -> Iterator[object]:
    """An application context for what a test does itself; what it commits stays."""
    with app.app_context():
        yield db.session
        db.session.rollback()
        db.session.remove()


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """Somebody who is not signed in."""
    return app.test_client()


@pytest.fixture
def acme(session: object) -> Client:
    """A contractor in Berlin."""
    return factories.client("acme")


@pytest.fixture
def globex(session: object) -> Client:
    """Another client, in Los Angeles."""
    return factories.client("globex", zone="America/Los_Angeles", currency="USD")


@pytest.fixture
def alice(acme: Client) -> User:
    """Owner of acme."""
    return people.person("alice", client=acme, role="owner")


@pytest.fixture
def bob(acme: Client) -> User:
    """Viewer of acme."""
    return people.person("bob", client=acme)


@pytest.fixture
def charlie(globex: Client) -> User:
    """Owner of globex."""
    return people.person("charlie", client=globex, role="owner")
