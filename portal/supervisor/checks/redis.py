"""Whether Redis keeps what it is given."""

from collections.abc import Iterator

from redis import Redis
from redis.exceptions import RedisError

from portal.supervisor.checks.finding import Finding, Place

SECONDS = 2
WANTED = {"maxmemory-policy": "noeviction", "appendonly": "yes"}


def look(place: Place) -> Iterator[Finding]:
    """Look at eviction, at the append-only file, and at who may connect."""
    url = place.config.redis_url
    try:
        with Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS) as redis:
            found = redis.config_get(
                "maxmemory-policy", "appendonly", "bind", "requirepass", "port"
            )
    except (RedisError, OSError) as error:
        what = f"Redis does not answer: {error}; pages and ingest work, queues wait"
        yield Finding("redis", ok=False, what=what, mend="Start the server that REDIS_URL names")
        return
    wrong = [
        f"{name} is {found.get(name)}" for name, want in WANTED.items() if found.get(name) != want
    ]
    if _is_open(found):
        wrong.append("it listens on all addresses without a password")
    yield Finding(
        "redis",
        ok=not wrong,
        what=", ".join(wrong) or "Redis keeps what it is given",
        mend="Run `CONFIG SET maxmemory-policy noeviction`, `CONFIG SET appendonly yes`,"
        " `CONFIG REWRITE`; bind it to 127.0.0.1 or set a password",
        fatal=not place.config.demo,
    )


def _is_open(found: dict[str, str]) -> bool:
    bound = found.get("bind", "").split()
    everywhere = not bound or any(address in {"*", "0.0.0.0", "::", "-::*"} for address in bound)  # noqa: S104
    return found.get("port") != "0" and everywhere and not found.get("requirepass")
