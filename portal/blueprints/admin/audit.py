"""Who did what, in the agency and in all clients."""

from flask import render_template

from portal.actions import audit_log
from portal.blueprints import audit_args
from portal.blueprints.admin.scope import bp
from portal.core.db import platform_connection


@bp.get("/audit", endpoint="audit")
def show() -> str:
    """Show a page of all logs together."""
    wanted = audit_args.wanted()
    with platform_connection() as connection:
        rows, older = audit_args.split(audit_log.of_agency(connection, wanted))
    return render_template("admin/audit.html", rows=rows, older=older, wanted=wanted)
