"""The newest imports of all clients."""

from flask import render_template

from portal.actions import import_reading
from portal.blueprints.admin.scope import bp
from portal.core.db import platform_connection


@bp.get("/imports", endpoint="imports")
def index() -> str:
    """List them, each with the way to its own page."""
    with platform_connection() as connection:
        rows = import_reading.of_all_clients(connection)
    return render_template("admin/imports.html", rows=rows)
