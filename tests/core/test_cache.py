"""Answers are kept for a while, computed once, and never needed."""

import threading
import time
from collections.abc import Callable

import pytest
from flask import Flask

from portal.core import cache, redis
from portal.core.ids import new_id

CLIENT = new_id()


@pytest.fixture
def fresh(session: object) -> str:
    """A key that nobody used."""
    return cache.key_of(new_id(), "viewer", "question", 1)


def counting(answers: list[bytes]) -> Callable[[], bytes]:
    """Compute something else each time."""

    def compute() -> bytes:
        answers.append(b"answer %d" % len(answers))
        return answers[-1]

    return compute


def test_an_answer_is_computed_once(fresh: str) -> None:
    answers: list[bytes] = []
    given = [cache.remember(fresh, 60, counting(answers)) for _ in range(3)]

    assert given == [b"answer 0"] * 3
    assert len(answers) == 1


def test_a_key_names_all_that_matters() -> None:
    keys = {
        cache.key_of(CLIENT, "viewer", {"a": 1, "b": 2}, 7),
        cache.key_of(new_id(), "viewer", {"a": 1, "b": 2}, 7),
        cache.key_of(CLIENT, "owner", {"a": 1, "b": 2}, 7),
        cache.key_of(CLIENT, "viewer", {"a": 1, "b": 3}, 7),
        cache.key_of(CLIENT, "viewer", {"a": 1, "b": 2}, 8),
        cache.key_of(CLIENT, 'viewer",{"a":1,"b":2},7]\n', {}, 8),
    }

    assert len(keys) == 6
    assert cache.key_of(CLIENT, "viewer", {"b": 2, "a": 1}, 7) in keys


def test_it_is_forgotten_after_its_time(fresh: str) -> None:
    answers: list[bytes] = []
    cache.remember(fresh, 1, counting(answers))
    time.sleep(1.2)
    cache.remember(fresh, 1, counting(answers))

    assert len(answers) == 2


def test_what_is_too_large_is_not_kept(fresh: str) -> None:
    large = b"x" * (cache.MOST_BYTES + 1)

    assert cache.remember(fresh, 60, lambda: large) == large
    assert cache.remember(fresh, 60, lambda: b"small") == b"small"


def test_many_at_once_compute_once(app: Flask, fresh: str) -> None:
    answers: list[bytes] = []
    given: list[bytes] = []

    def slowly() -> bytes:
        time.sleep(0.3)
        return counting(answers)()

    def ask() -> None:
        with app.app_context():
            given.append(cache.remember(fresh, 60, slowly))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert given == [b"answer 0"] * 8


def test_one_that_fails_holds_up_nobody(fresh: str) -> None:
    with pytest.raises(ZeroDivisionError):
        cache.remember(fresh, 60, lambda: bytes(1 // 0))
    began = time.monotonic()

    assert cache.remember(fresh, 60, lambda: b"answer") == b"answer"
    assert time.monotonic() - began < cache.WAIT_SECONDS / 2


def test_without_redis_it_computes(app: Flask, fresh: str, monkeypatch: pytest.MonkeyPatch) -> None:
    line = redis.Line(redis.connect("unix:///nowhere/at/all"))
    monkeypatch.setitem(app.extensions, redis.PLACE, line)
    answers: list[bytes] = []
    began = time.monotonic()
    for _ in range(20):
        cache.remember(fresh, 60, counting(answers))

    assert len(answers) == 20
    assert time.monotonic() - began < 1
