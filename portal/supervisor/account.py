"""Under which account PostgreSQL runs: it refuses root, so root gives it a smaller one."""

import functools
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from portal.core.errors import BadConfig

NOBODY = 65534
NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
# Where namespaces are forbidden (Docker's default profile): nobody, who may still walk through the
# private folders above the data and the programs.
SMALLER = (
    "setpriv",
    f"--reuid={NOBODY}",
    f"--regid={NOBODY}",
    "--clear-groups",
    "--inh-caps=-all,+dac_override",
    "--ambient-caps=-all,+dac_override",
    "--pdeathsig=SIGINT",  # changing the account forgets the one set before exec
)


@dataclass(frozen=True)
class Account:
    """How to start a program, and who owns its files as seen from outside."""

    prefix: tuple[str, ...]
    owner: int

    def give(self, folder: Path) -> None:
        """Make `folder` and all in it belong to the account."""
        if folder.stat().st_uid == self.owner:
            return
        if os.geteuid() != 0:
            raise BadConfig(f"{folder} belongs to another user: choose another --data DIR")
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.owner, self.owner, follow_symlinks=False)


@functools.cache
def database_account() -> Account:
    """
    The account for PostgreSQL on this machine.

    Raises:
        BadConfig: we are root and can become nothing smaller, or are nobody known.
    """
    if os.geteuid() != 0:
        return _ours()
    for prefix, owner in ((NAMESPACE, 0), (SMALLER, NOBODY)):
        if _works(prefix):
            return Account(prefix, owner)
    raise BadConfig("PostgreSQL refuses to run as root here: run the portal as a normal user")


def _ours() -> Account:
    """Our own account; initdb wants it to have a name, which a container's user may lack."""
    number = os.geteuid()
    if _has_name(number):
        return Account((), number)
    if _works(NAMESPACE):
        return Account(NAMESPACE, number)
    raise BadConfig(f"user {number} has no name here: add it to /etc/passwd, then start again")


def _has_name(number: int) -> bool:
    try:
        pwd.getpwuid(number)
    except KeyError:
        return False
    return True


def _works(prefix: tuple[str, ...]) -> bool:
    if shutil.which(prefix[0]) is None:
        return False
    return subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
