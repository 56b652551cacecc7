"""
Redis, which may be away: it wakes workers, caches and counts, and nothing is lost without it.

Whoever asks it goes through `ask`, which answers something else while it is away. After a failure
it is left alone for a few seconds, so that a Redis that hangs costs half a second now and then, not
half a second each time.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from portal.config import Config

TIMEOUT_SECONDS = 0.5
PAUSE_SECONDS = 5.0
PLACE = "portal_redis"

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass
class Line:
    """A process's line to Redis, and until when it is not tried."""

    connection: Redis
    closed_until: float = field(default=0.0)


def connect(url: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Redis:
    """Make a connection that fails rather than waits."""
    return Redis.from_url(
        url,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


def ask(command: Callable[[Redis], T], otherwise: T) -> T:
    """Answer what `command` says, or `otherwise` while Redis is away."""
    line = _line(current_app)
    if time.monotonic() < line.closed_until:
        return otherwise
    try:
        return command(line.connection)
    except (RedisError, OSError) as error:
        line.closed_until = time.monotonic() + PAUSE_SECONDS
        log.warning("Redis does not answer", extra={"error": type(error).__name__})
        return otherwise


def forget(app: Flask) -> None:
    """Drop this process's line: a fork must not share its parent's socket."""
    app.extensions.pop(PLACE, None)


def _line(app: Flask) -> Line:
    found: Line | None = app.extensions.get(PLACE)
    if found is None:
        config: Config = app.config["PORTAL"]
        found = app.extensions[PLACE] = Line(connect(config.redis_url))
    return found
