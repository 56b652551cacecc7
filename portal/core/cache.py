"""
Answers kept in Redis for a while. Never the truth: without Redis each is computed again.

A key is the hash of all that the answer depends on, so what is not named in it cannot be mixed up:
the client, what the asker may see, the question, and the version of the data. There is no default
for any of them, and nothing is ever taken back: another version is another key.
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from redis import Redis

from portal.core import redis

FORMAT = 1
"""Part of each key: what another release wrote is not read."""
MOST_BYTES = 512 * 1024
"""A larger answer is not kept."""
LOCK_MILLISECONDS = 10_000
WAIT_SECONDS = 2.0
STEP_SECONDS = 0.02

# Deletes the lock only if it is still ours.
_UNLOCK = "if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end"


def key_of(client_id: UUID, scope: str, question: Any, version: Any) -> str:
    """
    Name an answer.

    Args:
        client_id: whose data it is made of.
        scope: what the asker may see, such as their role.
        question: anything that JSON can hold.
        version: of the data, such as the newest rollup.
    """
    parts = msgspec.json.encode([FORMAT, client_id, scope, question, version], order="sorted")
    return f"portal:answer:{hashlib.sha256(parts).hexdigest()}"


def remember(key: str, seconds: int, compute: Callable[[], bytes]) -> bytes:
    """
    Give the answer kept under `key`, or compute it and keep it for `seconds`.

    One process at a time computes a key; the others wait for it, but never for long.
    """
    if (kept := _kept(key)) is not None:
        return kept
    mine = secrets.token_hex(8)
    is_first = redis.ask(partial(_lock, key, mine), otherwise=True)
    if not is_first and (kept := _awaited(key)) is not None:
        return kept
    try:
        answer = compute()
        if len(answer) <= MOST_BYTES:
            redis.ask(lambda connection: connection.set(key, answer, ex=seconds), otherwise=None)
        return answer
    finally:
        redis.ask(partial(_unlock, key, mine), otherwise=None)


def _kept(key: str) -> bytes | None:
    found: Any = redis.ask(lambda connection: connection.get(key), otherwise=None)
    return found if isinstance(found, bytes) else None


def _awaited(key: str) -> bytes | None:
    """Wait for the answer that somebody else computes; None when it takes too long, or fails."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        time.sleep(STEP_SECONDS)
        if (kept := _kept(key)) is not None:
            return kept
        if not redis.ask(lambda connection: connection.exists(_lock_of(key)), otherwise=0):
            return _kept(key)
    return None


def _lock(key: str, mine: str, connection: Redis) -> bool:
    return bool(connection.set(_lock_of(key), mine, nx=True, px=LOCK_MILLISECONDS))


def _unlock(key: str, mine: str, connection: Redis) -> None:
    connection.eval(_UNLOCK, 1, _lock_of(key), mine)


def _lock_of(key: str) -> str:
    return f"{key}:lock"
