"""What is known of each request: its id, and one line in the log when it is answered."""

import logging
import re
import time

from flask import Flask, Response, current_app, g, request

from portal.config import Config
from portal.core import logs
from portal.core.ids import new_id
from portal.core.settings import current_config

SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
QUIET_ENDPOINTS = frozenset(
    {"static", "built_asset", "brands.sheet", "health.alive", "health.ready", "metrics.show"}
)
"""Asked all the time; only failures are worth a line."""
FAILED = 400
MOST_A_SECOND = 200
"""Lines; a flood of requests must not fill the disk. The rest are counted."""

PLACE = "portal_flood"

log = logging.getLogger("portal.requests")


class Flood:
    """Counts lines by the second."""

    def __init__(self) -> None:
        self.second = 0
        self.lines = 0
        self.dropped = 0

    def lets_through(self, now: float) -> bool:
        """Whether one more line may be written now."""
        if int(now) != self.second:
            self._say_what_was_dropped()
            self.second, self.lines, self.dropped = int(now), 0, 0
        self.lines += 1
        if self.lines > MOST_A_SECOND:
            self.dropped += 1
            return False
        return True

    def _say_what_was_dropped(self) -> None:
        if self.dropped:
            log.warning("more requests than lines", extra={"dropped": self.dropped})


def init_app(app: Flask) -> None:
    """Stand around everything else: first before a request, last after it."""
    config: Config = app.config["PORTAL"]
    if not app.testing:
        logs.configure(config.log_level)
    app.extensions[PLACE] = Flood()
    app.before_request_funcs.setdefault(None, []).insert(0, _begin)
    app.after_request_funcs.setdefault(None, []).insert(0, _end)


def route() -> str:
    """Name the address by its rule: what a person put into it is nobody's business."""
    return request.url_rule.rule if request.url_rule else "(none)"


def seconds() -> float:
    """Tell how long this request has taken so far."""
    return time.perf_counter() - float(g.get("began", time.perf_counter()))


def _begin() -> None:
    g.began = time.perf_counter()
    g.request_id = _sent_id() or new_id().hex
    logs.forget()
    logs.note(request_id=g.request_id)


def _sent_id() -> str:
    """Take the id that our own proxy gave; anybody else's could be made to collide."""
    from_proxy = request.headers.get("X-Request-Id", "")
    if not current_config().proxies or SANE_ID.fullmatch(from_proxy) is None:
        return ""
    return from_proxy


def _end(response: Response) -> Response:
    is_quiet = request.endpoint in QUIET_ENDPOINTS and response.status_code < FAILED
    flood: Flood = current_app.extensions[PLACE]
    if not is_quiet and flood.lets_through(time.monotonic()):
        log.info(
            "request",
            extra={
                "method": request.method,
                "route": route(),
                "status": response.status_code,
                "ms": round(seconds() * 1000, 1),
                "client": _client(),
                "user": _user(),
            },
        )
    return response


def _client() -> str | None:
    if (slug := g.get("slug")) is not None:
        return str(slug)
    key = g.get("key")
    return str(key.client_id) if key is not None else None


def _user() -> str | None:
    person = g.get("user")
    return str(person.id) if person is not None else None
