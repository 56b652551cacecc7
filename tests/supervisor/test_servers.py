"""The embedded servers: start, stop, survive, and leave nobody behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from portal.core.errors import BadConfig
from portal.supervisor import postgres, valkey
from portal.supervisor.layout import Layout, keep_secrets
from portal.supervisor.servers import Servers, redis_url, superuser_url

PARENT = """
import sys, time
from pathlib import Path
from portal.supervisor.layout import Layout
from portal.supervisor.servers import Servers
servers = Servers(Layout(Path(sys.argv[1])))
servers.start()
print("up", flush=True)
time.sleep(60)
"""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A data folder of its own."""
    return Layout(tmp_path / "data")


@pytest.fixture
def servers(layout: Layout) -> Iterator[Servers]:
    """Servers that run in it."""
    running = Servers(layout)
    running.start()
    yield running
    running.stop()


def test_data_survives_a_stop(servers: Servers) -> None:
    """Rows and keys are there at the next start, which takes a fraction of a second."""
    with psycopg.connect(superuser_url(servers.layout)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with Redis.from_url(redis_url(servers.layout)) as redis:
        redis.set("kept", 42)
    servers.stop()
    before = time.monotonic()
    servers.start()
    assert time.monotonic() - before < 3
    with psycopg.connect(superuser_url(servers.layout)) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    with Redis.from_url(redis_url(servers.layout)) as redis:
        assert redis.get("kept") == b"42"


def test_servers_are_durable_and_closed(servers: Servers) -> None:
    """Commits reach the disk, Redis never evicts, and no password opens nothing."""
    with psycopg.connect(superuser_url(servers.layout)) as connection:
        for name in ("fsync", "synchronous_commit", "data_checksums"):
            assert connection.execute(f"SHOW {name}".encode()).fetchone() == ("on",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    with Redis.from_url(redis_url(servers.layout)) as redis:
        found = redis.config_get("maxmemory-policy", "appendonly", "port")
    assert found == {"maxmemory-policy": "noeviction", "appendonly": "yes", "port": "0"}
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(user="postgres", host=str(servers.layout.sockets), dbname="postgres")


def test_killing_the_parent_ends_both_and_the_next_start_recovers(layout: Layout) -> None:
    """Kill -9 runs no handler of ours: the kernel tells the children."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT, layout.root], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    with parent, parent.stdout as said:
        assert said.readline() == b"up\n"
        pids = [postgres.running_pid(layout), valkey.running_pid(layout)]
        assert None not in pids
        parent.kill()
    servers = Servers(layout)
    servers.start()
    try:
        assert servers.postgres is not None
        assert servers.postgres.pid not in pids
    finally:
        servers.stop()
    assert postgres.running_pid(layout) is None
    assert valkey.running_pid(layout) is None


def test_a_stale_pid_that_another_program_got_is_forgotten(servers: Servers) -> None:
    """PostgreSQL itself would refuse to start beside any living process of that number."""
    servers.stop()
    (servers.layout.postgres / "postmaster.pid").write_text(f"{os.getpid()}\n")
    servers.start()
    assert servers.postgres is not None
    assert servers.postgres.poll() is None


def test_a_killed_postmaster_starts_again_beside_its_orphans(servers: Servers) -> None:
    """Crash recovery, as the household does it."""
    assert servers.postgres is not None
    servers.postgres.send_signal(signal.SIGKILL)
    servers.postgres.wait()
    for _ in range(50):
        child = servers.start_postgres()
        try:
            servers.wait_ready()
            break
        except Exception:  # noqa: BLE001  # its orphans still hold the shared memory
            child.wait()
            time.sleep(0.05)
    assert child.poll() is None


def test_a_long_path_gets_its_sockets_elsewhere(tmp_path: Path) -> None:
    """A Unix socket's path holds 107 bytes; two copies of the portal never share one."""
    deep = Layout(tmp_path / ("a" * 60) / ("b" * 60))
    other = Layout(tmp_path / ("a" * 60) / ("c" * 60))
    assert deep.sockets != other.sockets
    servers = Servers(deep)
    servers.start()
    try:
        assert deep.sockets.stat().st_mode & 0o077 == 0
        with psycopg.connect(superuser_url(deep)) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        servers.stop()
        for path in deep.sockets.iterdir():
            path.unlink()
        deep.sockets.rmdir()


def test_a_socket_folder_that_others_can_open_is_refused(tmp_path: Path) -> None:
    """Somebody may have prepared it in a shared place."""
    deep = Layout(tmp_path / ("a" * 60) / ("b" * 60))
    deep.sockets.mkdir(mode=0o755)
    try:
        with pytest.raises(BadConfig, match="open to other users"):
            deep.make()
    finally:
        deep.sockets.rmdir()


def test_secrets_are_private_and_made_once(layout: Layout) -> None:
    """Passwords of the roles and the signing key stay the same, readable by us alone."""
    layout.make()
    first = keep_secrets(layout)
    assert keep_secrets(layout) == first
    assert layout.secrets.stat().st_mode & 0o777 == 0o600
    assert len(set(first.values())) == len(first)
