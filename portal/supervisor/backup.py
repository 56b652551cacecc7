"""A copy of an embedded portal as one file, and a portal from such a copy."""

import os
import subprocess
import tarfile
from pathlib import Path
from typing import BinaryIO

from portal.core.errors import BadConfig, Conflict, Unavailable
from portal.supervisor import binaries, roles
from portal.supervisor.layout import SUPERUSER, Layout, keep_secrets
from portal.supervisor.servers import DATABASE, superuser_url
from portal.supervisor.sharing import servers_open

DUMP = "database.dump"
# Servers' own files are in the dump, or are rebuilt from it.
LEFT_OUT = frozenset(
    {"postgres", "valkey", "valkey.pid", "run", "logs", "lock", "users.lock", "running.json", DUMP}
)


def back_up(layout: Layout, target: Path) -> None:
    """
    Write database, secrets and files to `target`, while the portal runs.

    The dump is one instant of the database; a file that a row names is written before that row.
    """
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    dump = layout.root / DUMP
    try:
        with (
            servers_open(layout),
            _private(fresh) as file,
            tarfile.open(fileobj=file, mode="w") as tar,
        ):
            _run("pg_dump", layout, "--format=custom", f"--file={dump}", f"--dbname={DATABASE}")
            tar.add(dump, DUMP)
            for path in sorted(layout.root.iterdir()):
                if path.name not in LEFT_OUT and not path.name.startswith("."):
                    tar.add(path, path.name)
        fresh.replace(target)
    finally:
        dump.unlink(missing_ok=True)
        fresh.unlink(missing_ok=True)


def restore(layout: Layout, source: Path) -> None:
    """
    Make a portal in an empty folder from what `back_up` wrote.

    Raises:
        Conflict: there is one already.
        BadConfig: the file is no backup of ours.
    """
    if layout.root.exists() and any(layout.root.iterdir()):
        raise Conflict(f"{layout.root} is not empty: choose another --data DIR")
    layout.make()
    with tarfile.open(source) as tar:
        if DUMP not in tar.getnames():
            raise BadConfig(f"{source} is no backup made by `portal backup`")
        tar.extractall(layout.root, filter="data")
    with servers_open(layout):
        admin = superuser_url(layout)
        roles.make_roles(admin, keep_secrets(layout))
        roles.make_database(admin, DATABASE)
        roles.grant(superuser_url(layout, DATABASE))
        dump = layout.root / DUMP
        how = ("--single-transaction", "--exit-on-error", f"--dbname={DATABASE}")
        _run("pg_restore", layout, *how, str(dump))
        _run("vacuumdb", layout, "--analyze", "--quiet", DATABASE)
        dump.unlink()


def _run(program: str, layout: Layout, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as the superuser, whom policies do not hold."""
    env = {
        **os.environ,
        "PGHOST": str(layout.sockets),
        "PGUSER": SUPERUSER,
        "PGPASSWORD": keep_secrets(layout)[SUPERUSER],
    }
    command = [str(binaries.postgres(program)), *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable(f"{program} failed: {done.stderr.strip()[-500:]}")


def _private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
