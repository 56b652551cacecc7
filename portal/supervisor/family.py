"""Ties processes together: a child ends when its parent does, even by kill -9."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def end_with_parent(ending: signal.Signals) -> None:
    """Ask the kernel to send `ending` to this process when its parent dies."""
    if _libc.prctl(PR_SET_PDEATHSIG, int(ending), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")


def bind_descendants() -> None:
    """Make each process forked from here on end with the one that forked it."""
    os.register_at_fork(after_in_child=lambda: end_with_parent(signal.SIGKILL))


def before_exec(ending: signal.Signals) -> Callable[[], None]:
    """What a child does between fork and exec: tie itself to us, take its signals back."""
    parent = os.getpid()

    def prepare() -> None:
        end_with_parent(ending)
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        if os.getppid() != parent:  # the parent died before the prctl
            os._exit(1)

    return prepare


def spawn(
    command: list[str],
    *,
    ending: signal.Signals,
    log: IO[bytes] | None = None,
    env: dict[str, str] | None = None,
    cwd: Path = Path("/"),
) -> subprocess.Popen[bytes]:
    """
    Start a child in a session of its own, so that Ctrl-C reaches only us.

    Call it from the main thread: the death signal fires when the *thread* that forked ends.
    """
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        preexec_fn=before_exec(ending),  # noqa: PLW1509  # one thread forks here
        start_new_session=True,
    )


def is_running_in(pid: int, folder: Path) -> bool:
    """Whether process `pid` lives and works in `folder`; a reused pid does not."""
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder.resolve()
    except OSError:
        return False
