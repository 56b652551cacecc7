"""The loop that keeps processes alive."""

import math
import subprocess
import sys
from functools import partial

from portal.supervisor.household import LONGEST_PAUSE_SECONDS, SETTLED_SECONDS, Child, Member


def ending_with(code: int) -> Child:
    """Start a process that ends at once."""
    child = subprocess.Popen([sys.executable, "-c", f"raise SystemExit({code})"])
    child.wait()
    return child


def test_a_process_that_fails_waits_longer_each_time() -> None:
    """A broken program must not eat the machine, nor wait for ever."""
    told: list[str] = []
    member = Member("web", lambda: ending_with(1))
    now, pauses = 0.0, []
    for _ in range(14):
        member.look(now, told.append)
        member.look(now, told.append)
        pauses.append(member.due_at - now)
        now = member.due_at
    assert pauses == sorted(pauses)
    assert pauses[0] < 0.2
    assert pauses[-1] == LONGEST_PAUSE_SECONDS
    assert told[0] == "web ended (1); it starts again"


def test_a_process_that_had_settled_starts_again_at_once() -> None:
    """One crash after days of work is no failure to start."""
    member = Member("web", lambda: ending_with(1), failures=9)
    member.look(0.0, print)
    late = SETTLED_SECONDS + 1
    member.look(late, print)
    assert member.due_at - late < 0.1


def test_a_single_task_is_not_repeated_and_its_failure_is_told() -> None:
    """The greeting runs once; when it fails the command fails."""
    good, bad = (Member("once", partial(ending_with, code), once=True) for code in (0, 3))
    assert [member.look(0.0, print) for member in (good, bad)] == [0, 0]
    assert [member.look(1.0, print) for member in (good, bad)] == [0, 3]
    assert good.due_at == math.inf
