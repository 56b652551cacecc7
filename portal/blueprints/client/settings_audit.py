"""Who did what in this client: its owner reads it."""

from flask import g, render_template

from portal.actions import audit_log
from portal.blueprints import audit_args
from portal.blueprints.client.scope import bp, requires
from portal.core.rights import Right


@bp.get("/settings/audit", endpoint="audit")
@requires(Right.SETTINGS)
def show() -> str:
    """Show a page of the client's log."""
    wanted = audit_args.wanted()
    rows, older = audit_args.split(audit_log.of_client(g.client.id, wanted))
    return render_template("client/settings/audit.html", rows=rows, older=older, wanted=wanted)
