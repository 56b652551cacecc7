"""Embedded PostgreSQL as a direct child: initdb once, start, wait until it is ready."""

import signal
import subprocess
import time
from pathlib import Path
from typing import IO

from portal.core.errors import Unavailable
from portal.supervisor import binaries
from portal.supervisor.account import Account, database_account
from portal.supervisor.family import is_running_in, spawn
from portal.supervisor.layout import SUPERUSER, Layout, keep_secrets

POLL_SECONDS = 0.005
STATUS_LINE = 7  # of postmaster.pid

SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "80",
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",
    "max_wal_size": "1GB",
    "wal_compression": "on",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_checkpoints": "off",
    "autovacuum_vacuum_insert_scale_factor": "0.02",  # a fresh visibility map
    "shared_preload_libraries": "'pg_stat_statements'",
}
LOSE_ALL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def initialise(layout: Layout, *, durable: bool) -> None:
    """Make an empty cluster with checksums; only passwords open it, even on its private socket."""
    if (layout.postgres / "PG_VERSION").exists():
        return
    account = database_account()
    account.give(layout.postgres)
    password = layout.sockets / "initdb.password"
    password.write_text(keep_secrets(layout)[SUPERUSER])
    password.chmod(0o600)
    _give_sockets(account, layout)
    try:
        _initdb(account, layout.postgres, password, durable=durable)
    finally:
        password.unlink()
    with (layout.postgres / "postgresql.conf").open("a") as file:
        settings = SETTINGS | ({} if durable else LOSE_ALL)
        file.writelines(f"{name} = {value}\n" for name, value in settings.items())


def start(layout: Layout, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the server; a cluster that another account made is taken over."""
    account = database_account()
    account.give(layout.postgres)
    _give_sockets(account, layout)
    _forget_stale_pid(layout)
    command = [*account.prefix, str(binaries.postgres()), "-D", str(layout.postgres)]
    return spawn([*command, "-k", str(layout.sockets)], ending=signal.SIGINT, log=log)


def wait_ready(layout: Layout, child: subprocess.Popen[bytes], seconds: float) -> None:
    """
    Wait until `child` takes connections.

    Raises:
        Unavailable: it ended, or `seconds` went by.
    """
    deadline = time.monotonic() + seconds
    while not _is_ready(layout, child.pid):
        if child.poll() is not None:
            raise Unavailable(f"PostgreSQL ended with {child.returncode}: see {layout.logs}")
        if time.monotonic() > deadline:
            raise Unavailable(f"PostgreSQL is not ready after {seconds:.0f} s: see {layout.logs}")
        time.sleep(POLL_SECONDS)


def running_pid(layout: Layout) -> int | None:
    """Pid of a postmaster that works in this folder, whoever started it."""
    lines = _pid_lines(layout)
    if not lines or not lines[0].isdecimal():
        return None
    pid = int(lines[0])
    return pid if is_running_in(pid, layout.postgres) else None


def _initdb(account: Account, folder: Path, password: Path, *, durable: bool) -> None:
    command = [
        *account.prefix,
        str(binaries.postgres("initdb")),
        *("-D", str(folder)),
        *("-U", SUPERUSER),
        *("--auth=scram-sha-256", f"--pwfile={password}"),
        *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        *("--data-checksums", "--no-instructions"),
        *(() if durable else ("--no-sync",)),
    ]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable(f"initdb failed: {done.stderr.strip()[-500:]}")


def _is_ready(layout: Layout, pid: int) -> bool:
    lines = _pid_lines(layout)
    return len(lines) > STATUS_LINE and lines[0] == str(pid) and lines[STATUS_LINE] == "ready"


def _pid_lines(layout: Layout) -> list[str]:
    try:
        text = (layout.postgres / "postmaster.pid").read_text()
    except FileNotFoundError:
        return []
    return [line.strip() for line in text.splitlines()]


def _forget_stale_pid(layout: Layout) -> None:
    """Remove a pid file whose number now belongs to another program; PostgreSQL would not start."""
    if _pid_lines(layout) and running_pid(layout) is None:
        (layout.postgres / "postmaster.pid").unlink(missing_ok=True)


def _give_sockets(account: Account, layout: Layout) -> None:
    account.give(layout.sockets)
