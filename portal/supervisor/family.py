"""Ties processes together: a child ends when its parent does, even by kill -9."""

import ctypes
import math
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
POLL_SECONDS = 0.02

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


class Forked:
    """A child that is a copy of us, and shares what we have loaded; waited for like a Popen."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Give its exit code, negative for a signal; None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """
        Wait until it ended.

        Raises:
            subprocess.TimeoutExpired: it did not.
        """
        deadline = time.monotonic() + (math.inf if timeout is None else timeout)
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            time.sleep(POLL_SECONDS)
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)


def fork(
    work: Callable[[], None],
    *,
    name: str,
    ending: signal.Signals,
    env: dict[str, str],
    log: IO[bytes] | None = None,
) -> Forked:
    """Run `work` in a copy of this process that ends with it, and never returns into our code."""
    prepare = before_exec(ending)
    if pid := os.fork():
        return Forked(pid)
    code = 1
    try:
        prepare()
        _become_another(name, env, log)
        work()
        code = 0
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else 1
        if isinstance(done.code, str):
            sys.stderr.write(f"{done.code}\n")
    except BaseException:  # noqa: BLE001  # whatever it is, it must not return into our code
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _become_another(name: str, env: dict[str, str], log: IO[bytes] | None) -> None:
    """Take a name, session, signals, environment and files of its own."""
    _libc.prctl(PR_SET_NAME, name.encode(), 0, 0, 0)
    os.setsid()
    os.chdir("/")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(env)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    if log is not None:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    bind_descendants()


def is_running_in(pid: int, folder: Path) -> bool:
    """Whether process `pid` lives and works in `folder`; a reused pid does not."""
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder.resolve()
    except OSError:
        return False
