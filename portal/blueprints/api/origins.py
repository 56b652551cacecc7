"""Calls from web pages: which of ours another site's script may make, with a `browser` key."""

from flask import request
from werkzeug import Response

from portal.blueprints.api.events import bp
from portal.blueprints.api.scope import origin

ONE_DAY = 24 * 3600


@bp.route("/v1/<call>", methods=["OPTIONS"])
def preflight(call: str) -> Response:
    """Let any page ask; the key says which pages are answered."""
    response = Response(status=204)
    if origin():
        response.headers["Access-Control-Allow-Methods"] = "POST"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response.headers["Access-Control-Max-Age"] = str(ONE_DAY)
    return response


@bp.after_request
def allow_origin(response: Response) -> Response:
    """Let the page read the answer; no cookie is ever looked at here."""
    if origin() and request.path.startswith("/v1/"):
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
