"""Whether this process can do its work: what `/readyz` answers, and why."""

import functools
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from flask import current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from portal.core import schema
from portal.core.db import db

REDIS_SECONDS = 0.5

State = Literal["ready", "degraded", "down"]


@dataclass(frozen=True)
class Readiness:
    """State of the whole, and of each part; nothing that helps an attacker."""

    state: State
    parts: dict[str, str]


def readiness() -> Readiness:
    """Ask the database, its schema and Redis; without Redis the portal is slower, not down."""
    database = _database()
    redis = "ok" if _redis_answers() else "down"
    if database != "ok":
        return Readiness("down", {"database": database, "redis": redis})
    state: State = "ready" if redis == "ok" else "degraded"
    return Readiness(state, {"database": database, "redis": redis})


def _database() -> str:
    """Say ok, down, or migrate: the schema is not the one that this code needs."""
    try:
        with db.engine.connect() as connection:
            current = schema.current(connection)
    except (sa.exc.DBAPIError, sa.exc.TimeoutError):
        return "down"
    return "ok" if current == _head() else "migrate"


@functools.cache
def _head() -> str:
    return schema.head()


def _redis_answers() -> bool:
    url = current_app.config["PORTAL"].redis_url
    try:
        with Redis.from_url(
            url,
            socket_timeout=REDIS_SECONDS,
            socket_connect_timeout=REDIS_SECONDS,
            retry=Retry(NoBackoff(), 0),  # a balancer does not wait for three attempts
        ) as redis:
            return bool(redis.ping())
    except (RedisError, OSError):
        return False
