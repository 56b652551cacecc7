"""The two embedded servers together: start, stop, addresses."""

import signal
import subprocess
import time
from urllib.parse import quote

from portal.core.errors import Unavailable
from portal.supervisor import postgres, valkey
from portal.supervisor.layout import SUPERUSER, Layout, keep_secrets

READY_SECONDS = 60.0
LEAVING_SECONDS = 30.0
DATABASE = "portal"


class Servers:
    """Embedded PostgreSQL and Valkey of one data folder, as children of this process."""

    def __init__(self, layout: Layout, *, durable: bool = True) -> None:
        self.layout = layout
        self.durable = durable
        self.postgres: subprocess.Popen[bytes] | None = None
        self.valkey: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start what is not running and wait until both take connections."""
        self.layout.make()
        wait_for_leavers(self.layout)
        postgres.initialise(self.layout, durable=self.durable)
        self.start_postgres()
        self.start_valkey()
        self.wait_ready()

    def start_postgres(self) -> subprocess.Popen[bytes]:
        """Start PostgreSQL without waiting."""
        with (self.layout.logs / "postgres.log").open("ab") as log:
            self.postgres = postgres.start(self.layout, log)
        return self.postgres

    def start_valkey(self) -> subprocess.Popen[bytes]:
        """Start Valkey without waiting."""
        with (self.layout.logs / "valkey.log").open("ab") as log:
            self.valkey = valkey.start(self.layout, log, durable=self.durable)
        return self.valkey

    def wait_ready(self) -> None:
        """Wait until both answer."""
        if self.postgres is not None:
            postgres.wait_ready(self.layout, self.postgres, READY_SECONDS)
        if self.valkey is not None:
            valkey.wait_ready(self.layout, self.valkey, READY_SECONDS)

    def stop(self) -> None:
        """End both, PostgreSQL by its fast shutdown; kill what stays."""
        children = [child for child in (self.valkey, self.postgres) if child is not None]
        if self.valkey is not None and self.valkey.poll() is None:
            self.valkey.terminate()
        if self.postgres is not None and self.postgres.poll() is None:
            self.postgres.send_signal(signal.SIGINT)  # fast, not smart
        for child in children:
            try:
                child.wait(timeout=LEAVING_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def database_url(layout: Layout, role: str, database: str = DATABASE) -> str:
    """Address of `database` for `role`, over the private socket."""
    password = quote(keep_secrets(layout)[role], safe="")
    return f"postgresql://{role}:{password}@/{database}?host={quote(str(layout.sockets), safe='')}"


def superuser_url(layout: Layout, database: str = "postgres") -> str:
    """Address for the one role that makes the others; only setup and tests use it."""
    return database_url(layout, SUPERUSER, database)


def redis_url(layout: Layout, database: int = 0) -> str:
    """Address of Valkey."""
    return f"unix://{quote(str(valkey.socket_path(layout)))}?db={database}"


def wait_for_leavers(layout: Layout) -> None:
    """
    Wait for servers that still end after their parent was killed.

    Raises:
        Unavailable: they did not end.
    """
    deadline = time.monotonic() + LEAVING_SECONDS
    while pids := [
        pid for pid in (postgres.running_pid(layout), valkey.running_pid(layout)) if pid
    ]:
        if time.monotonic() > deadline:
            raise Unavailable(f"servers of an earlier start still run as {pids}: end them first")
        time.sleep(postgres.POLL_SECONDS)
