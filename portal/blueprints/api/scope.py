"""
Who calls: the key of a request, looked up once, and what it opens.

`@bp.get("/things")` on `bp` is an address below /api/v1; `caller("read")` is the key, or an error.
"""

import base64
import binascii
from collections.abc import Iterable

import sqlalchemy as sa
from flask import Blueprint, current_app, g, request
from flask_limiter.util import get_remote_address

from portal.actions import keys
from portal.actions.keys import Found, Scope
from portal.blueprints.limits import limiter
from portal.core.actor import Actor, set_actor
from portal.core.db import db
from portal.core.errors import NotAllowed, NotSignedIn
from portal.core.settings import current_config

bp = Blueprint("api", __name__, url_prefix="/api/v1")

NO_KEY = "Send the key in the header: Authorization: Bearer pk_live_…"
BAD_KEY = "This key is unknown, revoked or expired."
URL_NAMES = frozenset(
    {"key", "api_key", "apikey", "access_token", "token", "writekey", "write_key"}
)


def sender() -> str:
    """Name who is counted against a limit: the key if one was sent, else the address."""
    secret = _header_key()
    return secret if keys.is_whole(secret) else get_remote_address()


def _header_key() -> str:
    header = request.headers.get("Authorization", "")
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        user, _, password = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return ""
    return user or password


INGEST_LIMIT = limiter.shared_limit(
    "12000 per minute", scope="ingest", key_func=sender, override_defaults=False
)
READ_LIMIT = limiter.shared_limit(
    "600 per minute", scope="read", key_func=sender, override_defaults=False
)
# Only keys that never were: a revoked one is no guess.
GUESS_LIMIT = limiter.limit(
    "100 per minute",
    key_func=get_remote_address,
    deduct_when=lambda _response: g.get("is_guess", False),
)
GUESS_LIMIT(bp)


def caller(*scopes: str, body_key: str = "") -> Found:
    """
    Tell whose key the request carries, and that it opens what is asked.

    Args:
        scopes: any of these is enough.
        body_key: a key found in the body, for addresses that take one there.

    Raises:
        NotSignedIn: there is no key, or it is no good.
        NotAllowed: it is for something else.
    """
    secret = _header_key() or body_key
    if not secret:
        raise NotSignedIn(NO_KEY)
    found = keys.find(autocommit_engine(), secret)
    if found is None:
        g.is_guess = keys.is_guess(autocommit_engine(), secret)
        raise NotSignedIn(BAD_KEY)
    g.key = found
    set_actor(Actor(found.prefix, None, request.remote_addr or "", g.get("request_id", "")))
    if found.scope not in scopes:
        raise NotAllowed(f"A key of scope {found.scope} may not do this; {_wanted(scopes)} may.")
    if found.scope == Scope.BROWSER and origin() not in found.origins:
        raise NotAllowed("This key is not for pages of this origin.")
    return found


@bp.before_request
def guard() -> None:
    """
    Refuse a key that is already given away: in the URL, or over plain http.

    Raises:
        NotSignedIn: it stands in the URL.
        NotAllowed: it came in the open.
    """
    names = {name.lower() for name in request.args}
    if names & URL_NAMES or any(keys.PREFIX in value for value in _values()):
        raise NotSignedIn("A key in a URL ends up in logs. Revoke it, and send one in a header.")
    if not (request.is_secure or current_config().is_relaxed or request.method == "OPTIONS"):
        raise NotAllowed("A key may only be sent over https.")


def require_header_key() -> None:
    """
    Refuse a request without a key in its header before its body is read.

    Raises:
        NotSignedIn: there is none, or it cannot be one.
    """
    if not (secret := _header_key()):
        raise NotSignedIn(NO_KEY)
    if not keys.is_whole(secret):
        g.is_guess = True
        raise NotSignedIn(BAD_KEY)


def autocommit_engine() -> sa.Engine:
    """One round trip a look-up: no BEGIN, no COMMIT."""
    name = "key_engine"
    if name not in current_app.extensions:
        current_app.extensions[name] = db.engine.execution_options(isolation_level="AUTOCOMMIT")
    engine: sa.Engine = current_app.extensions[name]
    return engine


def origin() -> str:
    """Give the page's origin as its browser says it."""
    return request.headers.get("Origin", "").rstrip("/").lower()


def _values() -> Iterable[str]:
    return (value for values in request.args.listvalues() for value in values)


def _wanted(scopes: Iterable[str]) -> str:
    return " or ".join(f"one of scope {scope}" for scope in scopes)
