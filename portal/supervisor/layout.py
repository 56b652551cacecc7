"""What lies where in the data folder, and the secrets that are made with it."""

import hashlib
import json
import os
import secrets
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from portal.core.errors import BadConfig

SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 107
ROLES = ("portal_owner", "portal_app", "portal_platform")
SUPERUSER = "postgres"


@dataclass(frozen=True)
class Layout:
    """Paths below one data folder."""

    root: Path

    @property
    def postgres(self) -> Path:
        """PostgreSQL's own files."""
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        """Valkey's append-only file."""
        return self.root / "valkey"

    @property
    def logs(self) -> Path:
        """One log a process."""
        return self.root / "logs"

    @property
    def lock(self) -> Path:
        """Held by whoever keeps the servers running."""
        return self.root / "lock"

    @property
    def users(self) -> Path:
        """Held, shared, by each command that uses servers started by another."""
        return self.root / "users.lock"

    @property
    def running(self) -> Path:
        """Who keeps the servers, and where the web answers."""
        return self.root / "running.json"

    @property
    def secrets(self) -> Path:
        """Passwords of the roles and the key that signs tokens."""
        return self.root / "secrets.json"

    @property
    def demo(self) -> Path:
        """Addresses and logins of the demo."""
        return self.root / "demo.json"

    @property
    def sockets(self) -> Path:
        """A folder short enough for the path of a Unix socket."""
        near = self.root / "run"
        if len(os.fsencode(near / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return near
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"portal-{os.geteuid()}-{name}"

    def make(self) -> None:
        """Make the folders, none readable by others."""
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self.postgres, self.valkey, self.logs, self.sockets):
            folder.mkdir(mode=0o700, exist_ok=True)
        if self.sockets.parent != self.root:
            _insist_private(self.sockets)


def open_layout(data_dir: Path) -> Layout:
    """Layout of `data_dir`, made absolute once."""
    return Layout(data_dir.expanduser().resolve())


def keep_secrets(layout: Layout) -> dict[str, str]:
    """Read the secrets of this data folder; make those that are missing."""
    known: dict[str, str] = {}
    if layout.secrets.exists():
        known = json.loads(layout.secrets.read_text())
    wanted = ("secret_key", SUPERUSER, *ROLES)
    if missing := [name for name in wanted if name not in known]:
        known |= {name: secrets.token_urlsafe(36) for name in missing}
        write_private(layout.secrets, json.dumps(known, indent=1))
    return known


def write_private(path: Path, text: str) -> None:
    """Replace `path` in one step by a file that only we can read, and get it onto the disk."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        os.fchmod(handle, 0o600)
        file.write(text)
        file.flush()
        os.fsync(handle)
    fresh.replace(path)


def _insist_private(folder: Path) -> None:
    """Refuse a folder in a shared place that somebody else prepared for us."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o077:
        raise BadConfig(f"{folder} is open to other users: remove it, or choose a shorter --data")
