"""Keeps processes alive: each that ends is started again, later the more often it fails."""

import math
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from portal.supervisor.family import Forked

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
LOOK_SECONDS = 1.0
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 15.0
SETTLED_SECONDS = 20.0
"""A process that ran for so long has not failed to start."""

Child = subprocess.Popen[bytes] | Forked


@dataclass
class Member:
    """One process of the household."""

    name: str
    start: Callable[[], Child]
    patience_seconds: float = 10.0
    """How long it may take to end before it is killed."""
    once: bool = False
    """It has a task and ends; if it fails, so does the household."""
    child: Child | None = None
    failures: int = 0
    started_at: float = 0.0
    due_at: float = 0.0

    def look(self, now: float, tell: Callable[[str], None]) -> int:
        """Start the process if it is due, notice if it ended; answer how a single task failed."""
        if self.child is None:
            if now >= self.due_at:
                self.child = self.start()
                self.started_at = now
        elif (code := self.child.poll()) is not None:
            if self.once:
                self.child, self.due_at = None, math.inf
                return code
            self._plan(now)
            tell(f"{self.name} ended ({code}); it starts again")
        return 0

    def _plan(self, now: float) -> None:
        settled = now - self.started_at > SETTLED_SECONDS
        self.failures = 0 if settled else self.failures + 1
        pause = FIRST_PAUSE_SECONDS * 2 ** min(self.failures, 20)
        self.child, self.due_at = None, now + min(pause, LONGEST_PAUSE_SECONDS)


def keep(members: list[Member], tell: Callable[[str], None]) -> int:
    """Keep `members` running until a signal asks us to end; answer our exit code."""
    while True:
        now = time.monotonic()
        if failed := max(abs(member.look(now, tell)) for member in members):
            return failed
        waits = [member.due_at - now for member in members if member.child is None]
        pause = min([LOOK_SECONDS, *(max(wait, 0.01) for wait in waits)])
        got = signal.sigtimedwait((*ENDING, signal.SIGCHLD), pause)
        if got is not None and got.si_signo in ENDING:
            return 0


def stop(members: list[Member]) -> None:
    """End all at once, wait for each, kill what stays."""
    running = [(member, member.child) for member in members if member.child is not None]
    for _, child in running:
        if child.poll() is None:
            child.terminate()
    for member, child in running:
        try:
            child.wait(timeout=member.patience_seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        member.child = None


def hold_signals() -> None:
    """Keep signals for `keep` to read; a child takes its own back before it runs."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {*ENDING, signal.SIGCHLD})
