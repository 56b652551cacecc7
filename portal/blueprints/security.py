"""What holds for every request: no other site sent it, and its answer has all headers."""

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.blueprints import cookies
from portal.config import Config
from portal.core.actor import Actor, set_actor
from portal.core.errors import NotAllowed
from portal.core.ids import new_id
from portal.core.settings import current_config

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# These never read a cookie: what they do needs a key in a header.
KEY_PATHS = ("/api/", "/v1/", "/batch", "/flags", "/decide", "/i/v0/")
FIELDS = 1000
FORM_BYTES = 256 * 1024
ONE_YEAR = 365 * 24 * 3600

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: it makes browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """Set what Flask leaves open, and check and mark every request and answer."""
    config: Config = app.config["PORTAL"]
    app.config.update(
        cookies.settings(config),
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    app.session_interface = cookies.StateCookies()
    if config.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's own recipe
            app.wsgi_app, x_for=config.proxies, x_proto=config.proxies, x_host=0
        )
    csrf.init_app(app)
    app.url_value_preprocessor(_forget_last_request)
    app.before_request(_begin)
    app.before_request(_refuse_strangers)
    app.after_request(_mark)


def is_for_keys() -> bool:
    """Whether the request is for an address that programs call with a key."""
    return request.path.startswith(KEY_PATHS)


def _forget_last_request(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Two requests share `g` where a test or a command holds an application context open."""
    for name in [name for name in g if not name.startswith("_") or name == "_login_user"]:
        g.pop(name)


def _begin() -> None:
    g.setdefault("request_id", new_id().hex)
    set_actor(Actor("", None, request.remote_addr or "", g.request_id))
    _check_host()


def _refuse_strangers() -> None:
    if request.method in SAFE_METHODS or is_for_keys() or request.endpoint is None:
        return
    _check_size()
    _check_origin()
    if not _reads_own_body():
        csrf.protect()


def _reads_own_body() -> bool:
    """A view that takes an upload asks for the right first, reads then, and checks the token."""
    view = current_app.view_functions.get(request.endpoint or "")
    return bool(getattr(view, "reads_own_body", False))


def _check_host() -> None:
    """TRUSTED_HOSTS compares names alone; a wrong port is as wrong as a wrong name."""
    config = current_config()
    if config.is_loopback or not config.base_url:
        return
    allowed = {urlsplit(config.base_url).netloc, *_more_hosts(config)}
    if request.host not in allowed:
        raise BadRequest("unknown host")


def _more_hosts(config: Config) -> set[str]:
    return {host.strip() for host in config.trusted_hosts.split(",") if host.strip()}


def _check_size() -> None:
    """The limits of Werkzeug do not hold for urlencoded forms."""
    if request.mimetype != "application/x-www-form-urlencoded":
        return
    if (request.content_length or 0) > FORM_BYTES:
        raise RequestEntityTooLarge
    if request.get_data(cache=True).count(b"&") >= FIELDS:
        raise RequestEntityTooLarge


def _check_origin() -> None:
    """Take a browser's own word on where a request comes from; no page can forge these two."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    is_own = origin == f"{request.scheme}://{request.host}"
    if site is not None and site != "same-origin":
        raise NotAllowed("This came from another site.")
    if origin is not None and not is_own and not (origin == "null" and site == "same-origin"):
        raise NotAllowed("This came from another site.")
    config = current_config()
    if site is None and origin is None and not (config.is_relaxed or current_app.testing):
        raise NotAllowed("Your browser does not say where this came from.")


def _mark(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = g.get("request_id", "")
    config = current_config()
    if config.base_url.startswith("https://"):
        response.headers["Strict-Transport-Security"] = f"max-age={ONE_YEAR}; includeSubDomains"
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store, private"
    if not response.cache_control.public:
        response.vary.update(("Cookie", "HX-Request"))
    response.headers.pop("Server", None)
    return response
