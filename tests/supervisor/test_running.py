"""The whole portal by one command: what is killed comes back, and when it ends all end."""

import os
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.supervisor.started import GONE_SECONDS, Started, living, portal, wait_for


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that `portal setup` made."""
    data = tmp_path_factory.mktemp("up") / "data"
    done = portal("setup", "--no-assets", "--data", str(data))
    assert done.returncode == 0, done.stderr
    return data


@pytest.fixture
def started(installed: Path) -> Iterator[Started]:
    """A portal that runs on it."""
    running = Started(installed, "--port", "0")
    running.wait_ready()
    yield running
    if running.process.poll() is None:
        running.process.kill()
    running.process.wait()
    wait_for(lambda: not living(running.family()), GONE_SECONDS)


def pid_of(running: Started, word: str) -> int:
    """Pid of one process by a word of its command line."""
    found: int = wait_for(lambda: [pid for pid, line in running.family().items() if word in line])[
        0
    ]
    return found


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    return not living({pid: ""})


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends_all_of_its_processes_end(started: Started, ending: int) -> None:
    """Children of children too: web processes, database backends."""
    family = started.family()
    assert sum(" web " in line for line in family.values()) >= 3
    assert any("postgres" in line for line in family.values())
    started.process.send_signal(ending)
    code = started.process.wait(GONE_SECONDS)
    assert code == (-signal.SIGKILL if ending == signal.SIGKILL else 0)
    wait_for(lambda: not living(family), GONE_SECONDS)


def test_killed_servers_come_back_and_the_portal_with_them(started: Started) -> None:
    """Nobody has to restart anything."""
    for word in ("bin/postgres", "valkey-server", "portal.cli web"):
        pid = pid_of(started, word)
        os.kill(pid, signal.SIGKILL)
        wait_for(partial(gone, pid))
        started.wait_ready()


def test_a_killed_web_process_is_replaced(started: Started) -> None:
    """One of the two that answer; the other answers meanwhile."""
    web = sorted(pid for pid, line in started.family().items() if "portal.cli web" in line)
    os.kill(web[-1], signal.SIGKILL)
    wait_for(partial(gone, web[-1]))
    assert started.readiness() == "ready"
    wait_for(
        lambda: sum("portal.cli web" in line for line in living(started.family()).values()) == 3
    )


def test_a_second_portal_on_the_same_folder_is_told_where_the_first_is(started: Started) -> None:
    """Two on one folder would be two truths."""
    done = portal("up", "--data", str(started.data))
    assert done.returncode == 1
    assert "a portal already runs" in done.stderr
    assert started.base_url in done.stderr


def test_commands_use_the_servers_that_run(started: Started) -> None:
    """No second PostgreSQL, no waiting for the first to end."""
    done = portal("migrate", "--data", str(started.data))
    assert done.returncode == 0, done.stderr
    assert started.readiness() == "ready"


def test_doctor_finds_a_running_portal_well(started: Started) -> None:
    """Each line says what was looked at; the exit code says whether all is well."""
    done = portal("doctor", "--data", str(started.data))
    assert done.returncode == 0, done.stdout
    for name in ("roles", "policies", "migrations", "clock", "redis", "disk", "rollups"):
        assert f"ok    {name}" in done.stdout


def test_down_ends_it(started: Started) -> None:
    """From another terminal."""
    family = started.family()
    done = portal("down", "--data", str(started.data))
    assert "ended http://127.0.0.1:" in done.stdout
    assert started.process.wait(GONE_SECONDS) == 0
    assert not living(family)
    assert "no portal runs" in portal("down", "--data", str(started.data)).stdout


def test_a_taken_port_is_said_in_one_line(installed: Path) -> None:
    """With what to do about it."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = portal("up", "--data", str(installed), "--port", port)
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"portal: port {port} is taken by another program: choose another --port"
    )


def test_a_copy_of_the_folder_runs_beside_the_first(started: Started, tmp_path: Path) -> None:
    """Its own sockets, port and servers."""
    done = portal("setup", "--no-assets", "--data", str(tmp_path / "other"))
    assert done.returncode == 0, done.stderr
    other = Started(tmp_path / "other", "--port", "0")
    try:
        other.wait_ready()
        assert other.base_url != started.base_url
    finally:
        other.process.terminate()
        other.process.wait()
    shutil.rmtree(tmp_path / "other")
    assert started.readiness() == "ready"
