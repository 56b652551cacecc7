"""The whole portal by one command: what is killed comes back, and when it ends all end."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.supervisor.started import GONE_SECONDS, Started, living, portal, wait_for

WEB_PROCESSES = 3  # two that answer, and the one that keeps them


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that `portal setup` made."""
    data = tmp_path_factory.mktemp("up") / "data"
    done = portal("setup", "--no-assets", "--data", str(data))
    assert done.returncode == 0, done.stderr
    return data


def start(data: Path) -> Iterator[Started]:
    """Run a portal on `data` and leave nothing of it."""
    running = Started(data, "--port", "0")
    running.wait_ready()
    yield running
    family = running.family()
    running.process.kill()
    running.process.wait()
    wait_for(lambda: not living(family), GONE_SECONDS)


@pytest.fixture
def started(installed: Path) -> Iterator[Started]:
    """A portal that a test may end."""
    yield from start(installed)


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """A portal that runs as long as these tests; its first start has set it up."""
    yield from start(tmp_path_factory.mktemp("lasting") / "data")


def named(running: Started, name: str) -> list[int]:
    """Pids of the processes of that name, parents first."""
    return [pid for pid, found in living(running.family()).items() if found == name]


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    return not living({pid: ""})


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends_all_of_its_processes_end(started: Started, ending: int) -> None:
    """Children of children too: web processes, database backends."""
    wait_for(lambda: len(named(started, "portal-web")) == WEB_PROCESSES)
    family = started.family()
    assert {"postgres", "valkey-server", "portal-schedule"} <= set(family.values())
    started.process.send_signal(ending)
    code = started.process.wait(GONE_SECONDS)
    assert code == (-signal.SIGKILL if ending == signal.SIGKILL else 0)
    wait_for(lambda: not living(family), GONE_SECONDS)


def test_killed_servers_come_back_and_the_portal_with_them(lasting: Started) -> None:
    """Nobody has to restart anything."""
    for name in ("postgres", "valkey-server", "portal-web", "portal-default", "portal-schedule"):
        pid = wait_for(partial(named, lasting, name))[0]
        os.kill(pid, signal.SIGKILL)
        wait_for(partial(gone, pid))
        lasting.wait_ready()


def test_a_killed_web_process_is_replaced(lasting: Started) -> None:
    """One of the two that answer; the other answers meanwhile."""
    wait_for(lambda: len(named(lasting, "portal-web")) == WEB_PROCESSES)
    last = named(lasting, "portal-web")[-1]
    os.kill(last, signal.SIGKILL)
    wait_for(partial(gone, last))
    lasting.wait_ready()
    wait_for(lambda: len(named(lasting, "portal-web")) == WEB_PROCESSES)


def test_a_second_portal_on_the_same_folder_is_told_where_the_first_is(lasting: Started) -> None:
    """Two on one folder would be two truths."""
    done = portal("up", "--data", str(lasting.data))
    assert done.returncode == 1
    assert "a portal already runs" in done.stderr
    assert lasting.base_url in done.stderr


def test_commands_use_the_servers_that_run(lasting: Started) -> None:
    """No second PostgreSQL, no waiting for the first to end."""
    done = portal("migrate", "--data", str(lasting.data))
    assert done.returncode == 0, done.stderr
    assert lasting.readiness() == "ready"


def test_doctor_finds_a_running_portal_well(lasting: Started) -> None:
    """Each line says what was looked at; the exit code says whether all is well."""
    done = portal("doctor", "--data", str(lasting.data))
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


def test_another_portal_runs_beside_it(lasting: Started, started: Started) -> None:
    """Each with its own sockets, port and servers."""
    assert lasting.base_url != started.base_url
    assert (lasting.readiness(), started.readiness()) == ("ready", "ready")
