"""A portal as a person starts it: by its command, in a process of its own."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

READY_SECONDS = 60.0
GONE_SECONDS = 20.0
POLL_SECONDS = 0.05


def portal(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "portal.cli", *arguments],
        env=clean_env() | env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


class Started:
    """`portal up` on a data folder, and all that it started."""

    def __init__(self, data: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "portal.cli", "up", "--data", str(data), *arguments]
        self.data = data
        self.log = data.with_suffix(".log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=clean_env(), start_new_session=True
            )

    def wait_ready(self) -> None:
        """Wait until pages could be shown."""
        wait_for(lambda: self.process.poll() is not None or self.readiness() == "ready")
        assert self.process.poll() is None, self.log.read_text()

    @property
    def base_url(self) -> str:
        """Where it answers."""
        found: str = json.loads((self.data / "running.json").read_text()).get("base_url", "")
        return found

    def readiness(self) -> str:
        """What a balancer is told; an empty string when nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.base_url}/readyz", timeout=5) as answer:  # noqa: S310
                found: str = json.load(answer)["status"]
                return found
        except (OSError, ValueError):
            return ""

    def family(self) -> dict[int, str]:
        """Every process below the command, with its command line."""
        return {
            pid: line for pid, line in _below(self.process.pid).items() if "welcome" not in line
        }


def wait_for(condition: Callable[[], Any], seconds: float = READY_SECONDS) -> Any:
    """Wait until `condition` holds and return what it gave."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(POLL_SECONDS)
    return found


def living(pids: dict[int, str]) -> dict[int, str]:
    """Those that still run; a zombie that nobody has fetched yet does not."""
    return {pid: line for pid, line in pids.items() if _state(pid) not in {"", "Z", "X"}}


def clean_env() -> dict[str, str]:
    """Our environment without the settings of another portal."""
    unwanted = ("PORTAL_", "DATABASE_", "REDIS_URL")
    return {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}


def _below(pid: int) -> dict[int, str]:
    found: dict[int, str] = {}
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            name = Path(f"/proc/{child}/comm").read_text().strip()
            found |= {int(child): name} | _below(int(child))
    return found


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
