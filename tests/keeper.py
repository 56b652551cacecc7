"""Keeps one embedded cluster for one test run, and ends with it, however the run ends."""

import os
import select
import shutil
import sys
from pathlib import Path

from portal.supervisor import roles
from portal.supervisor.layout import Layout, keep_secrets
from portal.supervisor.servers import Servers, superuser_url


def keep(folder: Path, pid: int) -> None:
    """Run the servers in `folder` while process `pid` lives; leave nothing."""
    life = os.pidfd_open(pid)
    servers = Servers(Layout(folder), durable=False)
    servers.start()
    roles.make_roles(superuser_url(servers.layout), keep_secrets(servers.layout))
    (folder / "ready").touch()
    select.select([life], [], [])
    servers.stop()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]))
