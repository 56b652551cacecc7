"""
The client blueprint, and the rule that each of its requests acts as the client in its URL.

A page is a module beside this one: `from portal.blueprints.client.scope import bp, requires`, then
`@bp.get("/things")`. The slug is taken from the URL, and put into `url_for`, by this module.
`g.client`, `g.role`, `g.user` and `g.calendar` are set. Views commit what they write; what is not
committed when the request ends is rolled back.
"""

from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Blueprint, Flask, g, request

from portal.blueprints.auth.visit import require_person, visit
from portal.blueprints.frame import provide
from portal.catalog.calendars import calendar_of
from portal.core.errors import NotAllowed, NotFound
from portal.core.rights import RIGHTS, Right
from portal.core.tenancy import abandon, acting_as

P = ParamSpec("P")
R = TypeVar("R")

bp = Blueprint("client", __name__, url_prefix="/c/<slug>")


def init_app(app: Flask) -> None:
    """Let the sidebar show only what the person may open."""
    provide(app, may=may)


def requires(right: Right | str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Open a view only to roles with `right`; anybody else of the client gets 403."""
    needed = Right(right)

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not may(needed):
                raise NotAllowed(f"Your role ({g.role}) does not allow this.")
            return view(*args, **kwargs)

        guarded.right = needed  # type: ignore[attr-defined]  # read by the matrix in the docs
        return guarded

    return guard


def may(right: Right | str) -> bool:
    """Whether the person may use `right` in the client of this request."""
    role = g.get("role")
    return role is not None and Right(right) in RIGHTS[role]


@bp.url_value_preprocessor
def _take_slug(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    if values:
        g.slug = values.pop("slug")


@bp.url_defaults
def _keep_slug(_endpoint: str, values: dict[str, Any]) -> None:
    if "slug" in g:
        values.setdefault("slug", g.slug)


@bp.before_request
def _enter() -> None:
    g.user = require_person()
    found = visit()
    assert found is not None  # or nobody would be required
    if found.client is None or found.role is None:
        raise NotFound
    if found.view and request.method not in {"GET", "HEAD"}:
        raise NotAllowed("You view as a client. Exit first: nothing can be changed from here.")
    g.client, g.role = found.client, found.role
    g.scope = ExitStack()
    g.scope.enter_context(acting_as(found.client.id))
    g.calendar = calendar_of(found.client.id)


@bp.teardown_request
def _leave(_error: BaseException | None) -> None:
    if (scope := g.pop("scope", None)) is not None:
        # An error that became a page is no error here: never commit half of what a view began.
        with scope:
            abandon()
