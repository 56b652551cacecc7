"""`/healthz`: the process lives. `/readyz`: it can do its work. Both are open to everybody."""

from flask import Blueprint, Response, jsonify

from portal.core.health import readiness

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> Response:
    """Answer without asking anybody."""
    return jsonify(status="ok")


@bp.get("/readyz")
def ready() -> tuple[Response, int]:
    """Answer 503 when no page could be shown."""
    found = readiness()
    return jsonify(status=found.state, **found.parts), 503 if found.state == "down" else 200
