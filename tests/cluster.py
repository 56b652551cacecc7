"""One embedded cluster a test run; each worker has a database, cloned from a template."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.core import migrations
from portal.supervisor import roles
from portal.supervisor.layout import Layout, keep_secrets
from portal.supervisor.servers import database_url, redis_url, superuser_url

FOLDER = "PORTAL_TEST_FOLDER"
OWNER_PID = "PORTAL_TEST_PID"
TEMPLATE = "portal_template"
START_SECONDS = 60
REDIS_DATABASES = 16


@dataclass(frozen=True)
class Urls:
    """Addresses of one worker's database, by role, and of its Redis database."""

    app: str
    platform: str
    owner: str
    superuser: str
    redis: str


def claim_folder() -> None:
    """Name a folder for this run, once, before the workers start; remove those of dead runs."""
    if FOLDER in os.environ:
        return
    for left in Path(tempfile.gettempdir()).glob("ptest-*"):
        if left.stat().st_uid == os.geteuid() and not _lives(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="ptest-"))
    (folder / "pid").write_text(str(os.getpid()))
    os.environ[FOLDER] = str(folder)
    os.environ[OWNER_PID] = str(os.getpid())


def release_folder() -> None:
    """Remove the folder if no keeper was started, who does it otherwise."""
    if os.environ.get(OWNER_PID) == str(os.getpid()):
        folder = Path(os.environ.pop(FOLDER))
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)


def open_database(worker: str) -> Urls:
    """Start the servers if no worker has, and give this one its own migrated database."""
    layout = Layout(Path(os.environ[FOLDER]))
    with _one_at_a_time(layout.root / "start.lock"):
        _start(layout)
        _make_template(layout)
        name = f"portal_{worker}"
        roles.make_database(superuser_url(layout), name, TEMPLATE)
    number = int(worker.removeprefix("gw")) if worker.startswith("gw") else REDIS_DATABASES - 1
    return Urls(
        app=database_url(layout, "portal_app", name),
        platform=database_url(layout, "portal_platform", name),
        owner=database_url(layout, "portal_owner", name),
        superuser=superuser_url(layout, name),
        redis=redis_url(layout, number % REDIS_DATABASES),
    )


def _start(layout: Layout) -> None:
    """The keeper is nobody's child in particular: it watches the process that runs the tests."""
    if (layout.root / "ready").exists():
        return
    command = [sys.executable, "-m", "tests.keeper", str(layout.root), os.environ[OWNER_PID]]
    with (layout.root / "keeper.log").open("ab") as log:
        keeper = subprocess.Popen(command, stderr=log, stdout=log, start_new_session=True)
    deadline = time.monotonic() + START_SECONDS
    while not (layout.root / "ready").exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError((layout.root / "keeper.log").read_text()[-2000:])
        time.sleep(0.01)
    keeper.returncode = 0  # it outlives us on purpose: no warning about it


def _make_template(layout: Layout) -> None:
    done = layout.root / "migrated"
    if done.exists():
        return
    keep_secrets(layout)
    roles.make_database(superuser_url(layout), TEMPLATE)
    roles.grant(superuser_url(layout, TEMPLATE))
    migrations.upgrade(database_url(layout, "portal_owner", TEMPLATE))
    done.touch()


def _lives(folder: Path) -> bool:
    try:
        return Path("/proc", (folder / "pid").read_text()).exists()
    except OSError:
        return False


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
