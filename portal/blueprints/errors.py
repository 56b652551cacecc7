"""What an error looks like: a problem document for programs, a page or a part for people."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec
import psycopg
import sqlalchemy as sa
from flask import Flask, g, redirect, render_template, request, url_for
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from werkzeug import Response
from werkzeug.exceptions import HTTPException, SecurityError

from portal.blueprints.auth.visit import SignInFirst
from portal.blueprints.limits import limiter
from portal.blueprints.security import is_for_keys
from portal.core.calendar import now
from portal.core.errors import PortalError, Refused, TooManyRequests, Unavailable

log = logging.getLogger("portal.errors")

WORDS: Mapping[int, tuple[str, str]] = {
    400: ("The request could not be read", "Reload the page and try again."),
    401: ("Sign in first", "Your session has ended, or there is none."),
    403: ("Not allowed", "Your role does not allow this. Ask an owner of this client."),
    404: ("There is nothing here", "The page was moved, or it belongs to someone else."),
    405: ("Not possible here", "This address does not answer that kind of request."),
    409: ("This changed meanwhile", "Reload the page to see how it is now."),
    410: ("This link has ended", "It was used already, or its time is over."),
    413: ("Too large", "What was sent is larger than this page takes."),
    415: ("Unsupported media type", "This address does not read that format."),
    422: ("Not accepted", "Something in what was sent is against the rules."),
    429: ("A short pause, please", "Many requests came from here. Wait a little and try again."),
    500: ("Something went wrong", "It is our fault, not yours, and it is noted."),
    503: ("Back in a moment", "Nothing is lost; try again in a few seconds."),
}
GONE = (
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    sa.exc.TimeoutError,
    psycopg.OperationalError,
)
NOT_STORABLE = (sa.exc.DataError, psycopg.DataError)
EXPIRED = "This page has expired: reload it and try again."
RETRY_SECONDS = 5


def init_app(app: Flask) -> None:
    """Answer every error in the form its asker reads."""
    app.register_error_handler(SignInFirst, _sign_in)
    app.register_error_handler(PortalError, _known)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(RateLimitExceeded, _limited)
    app.register_error_handler(CSRFError, lambda _error: answer(400, EXPIRED))
    app.register_error_handler(SecurityError, _wrong_host)
    for unfit in NOT_STORABLE:
        app.register_error_handler(unfit, _not_storable)
    for kind in GONE:
        app.register_error_handler(kind, _gone)
    app.register_error_handler(Exception, _unknown)


def answer(
    status: int, reason: str = "", *, headers: Mapping[str, str] | None = None, **members: Any
) -> Response:
    """Answer with `status`: a problem document, a part for htmx, or a page with `reason`."""
    title, text = WORDS.get(status, (HTTPStatus(status).phrase, ""))
    if is_for_keys():
        response = problem(status, title, reason or text, **members)
    else:
        response = _page(status, title, reason or text)
    response.headers.extend(dict(headers or {}))
    return response


def _page(status: int, title: str, text: str) -> Response:
    is_part = "HX-Request" in request.headers
    body = render_template(
        "errors/_part.html" if is_part else "errors/page.html",
        status=status,
        title=title,
        text=text,
        reference=g.get("request_id", ""),
    )
    headers = {"X-Portal-Part": "error"} if is_part else {}
    return Response(body, status, headers, mimetype="text/html")


def problem(status: int, title: str, detail: str, **members: Any) -> Response:
    """Write a problem document (RFC 9457) with the request's id."""
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": g.get("request_id", ""),
        **members,
    }
    return Response(msgspec.json.encode(body), status, mimetype="application/problem+json")


def _sign_in(error: SignInFirst) -> Response:
    if "HX-Request" in request.headers:
        response = answer(401)
        response.headers["HX-Redirect"] = _with_page(error.location)
        return response
    return redirect(error.location, 303)


def _with_page(location: str) -> str:
    """Come back to the page that holds the part, not to the part."""
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    path = urlsplit(location).path
    if path != url_for("auth.login") or not page.path.startswith("/"):
        return path
    return url_for("auth.login", next=page.path + (f"?{page.query}" if page.query else ""))


def _known(error: PortalError) -> Response:
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, Unavailable):
        return _unknown(error)
    headers, members = {}, {}
    if isinstance(error, TooManyRequests | Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Refused) and error.field:
        members["field"] = error.field
    return answer(error.status, str(error), headers=headers, **members)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < HTTPStatus.BAD_REQUEST:  # a redirect that routing asks for
        return error.get_response()
    headers = dict(error.get_headers())
    return answer(status, headers={"Allow": headers["Allow"]} if "Allow" in headers else None)


def _limited(error: RateLimitExceeded) -> Response:
    limit = limiter.current_limit
    seconds = max(1, int(limit.reset_at - now().timestamp())) if limit else RETRY_SECONDS
    return answer(429, headers={"Retry-After": str(seconds)})


def _wrong_host(_error: SecurityError) -> Response:
    # No page: even its links would be made from the host that nobody trusts.
    return Response("Unknown host.\n", 400, mimetype="text/plain")


def _not_storable(_error: Exception) -> Response:
    return answer(422, "It holds a character or a number that cannot be kept.")


def _gone(error: Exception) -> Response:
    log.warning("database unavailable", extra={"error": type(error).__name__})
    return answer(503, headers={"Retry-After": str(RETRY_SECONDS)})


def _unknown(error: Exception) -> Response:
    log.error("unhandled error", exc_info=error, extra={"request_id": g.get("request_id", "")})
    return answer(500)
