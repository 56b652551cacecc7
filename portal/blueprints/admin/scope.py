"""
The agency's blueprint, and the rule that only its people come in.

A page is a module beside this one: `from portal.blueprints.admin.scope import bp, for_analysts`,
then `@bp.get("/things")`. A view is for admins; `@for_analysts` opens it to analysts too, who then
must be shown granted clients only. Clients' rows are read by `core.db.platform_connection`.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, current_app, g, request

from portal.blueprints.auth.visit import require_person, visit
from portal.core.errors import NotAllowed, NotFound
from portal.core.rights import Role

V = TypeVar("V", bound=Callable[..., Any])

bp = Blueprint("admin", __name__, url_prefix="/admin")


def for_analysts(view: V) -> V:
    """Open a view to analysts; stands below the route."""
    view.for_analysts = True  # type: ignore[attr-defined]  # read when a request comes
    return view


@bp.before_request
def _enter() -> None:
    g.user = require_person()
    if not g.user.is_agency:
        raise NotFound
    g.role = Role(g.user.agency_role)
    view = current_app.view_functions[request.endpoint or ""]
    if g.role != Role.ADMIN and not getattr(view, "for_analysts", False):
        raise NotAllowed("Only admins of the agency may do this.")
    found = visit()
    if found and found.view and request.method not in {"GET", "HEAD"}:
        raise NotAllowed("You view as a client. Exit first: nothing can be changed from here.")
