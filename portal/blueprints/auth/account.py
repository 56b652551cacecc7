"""A person's own account: name, theme, address, password."""

from flask import Blueprint, render_template

from portal.blueprints.auth.visit import require_person

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.before_request
def _enter() -> None:
    require_person()


@bp.get("")
def show() -> str:
    """Show the account."""
    return render_template("account/show.html")
