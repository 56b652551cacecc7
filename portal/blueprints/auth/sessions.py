"""Where a person is signed in: a list, and an end to one or all."""

from uuid import UUID

from flask import flash, g, redirect, render_template, url_for
from werkzeug import Response

from portal.actions import audit, sessions
from portal.blueprints import cookies
from portal.blueprints.auth.account import bp
from portal.blueprints.auth.visit import idle_time, visit
from portal.core.db import db


@bp.get("/sessions", endpoint="sessions")
def show() -> str:
    """List the person's browsers."""
    found = visit()
    return render_template(
        "account/sessions.html",
        sessions=sessions.living(g.user.id, idle_time()),
        this=found.session_id if found else None,
    )


@bp.post("/sessions/<uuid:session_id>/end")
def end_session(session_id: UUID) -> Response:
    """End one of them, this one too if asked."""
    sessions.end_one(g.user.id, session_id)
    db.session.commit()
    flash("That browser is signed out.")
    return redirect(url_for(".sessions"), 303)


@bp.post("/sessions/end")
def end_sessions() -> Response:
    """End all, this one too."""
    sessions.end_all(g.user.id, "ended all")
    audit.record("session.ended_all", g.user.email)
    db.session.commit()
    response = redirect(url_for("auth.login"), 303)
    cookies.take_session(response)
    return response
