"""What PostHog's clients ask besides: there are no feature flags here, and that is the answer."""

import msgspec
from flask import Blueprint, g
from werkzeug import Response

bp = Blueprint("flags", __name__)


@bp.post("/flags")
@bp.post("/flags/")
@bp.post("/decide")
@bp.post("/decide/")
def no_flags() -> Response:
    """Answer that no flag is on; nothing is read, nothing is kept."""
    body = {
        "flags": {},
        "featureFlags": {},
        "featureFlagPayloads": {},
        "errorsWhileComputingFlags": False,
        "requestId": g.get("request_id", ""),
    }
    return Response(msgspec.json.encode(body), mimetype="application/json")
