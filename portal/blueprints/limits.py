"""How often something may be tried. Counted in Redis; while it is away, in each process."""

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from portal.config import Config

TIMEOUT_SECONDS = 0.5

limiter = Limiter(
    get_remote_address,
    headers_enabled=False,
    in_memory_fallback_enabled=True,
    strategy="fixed-window",
    key_prefix="portal",
)


def init_app(app: Flask) -> None:
    """Count in Redis where there is one."""
    config: Config = app.config["PORTAL"]
    app.config.setdefault("RATELIMIT_STORAGE_URI", _storage(config.redis_url))
    if config.redis_url:
        timeouts = ("socket_timeout", "socket_connect_timeout")
        app.config.setdefault("RATELIMIT_STORAGE_OPTIONS", dict.fromkeys(timeouts, TIMEOUT_SECONDS))
    limiter.init_app(app)


def failed(response: Response) -> bool:
    """Count only tries that were refused: 4xx other than a form that was not filled in right."""
    return response.status_code in {400, 401, 403}


def account_and_address() -> str:
    """Name the account that is tried and from where, so that nobody locks out anybody else."""
    email = request.form.get("email", "").strip().casefold()[:254]
    return f"{email}|{request.remote_addr}"


def everybody() -> str:
    """Give one key for all: a cap on the whole portal."""
    return "everybody"


def _storage(redis_url: str) -> str:
    if not redis_url:
        return "memory://"
    return f"redis+{redis_url}" if redis_url.startswith("unix://") else redis_url
