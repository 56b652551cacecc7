"""Background work: what waits, runs, is done or dead; and mails that did not get through."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from werkzeug import Response

from portal.actions import task_runs
from portal.actions.task_runs import Filter
from portal.blueprints.admin.scope import bp
from portal.blueprints.filters import with_args
from portal.core.db import db
from portal.core.queue import TASKS
from portal.models.task_runs import STATES

LENGTH = 100
LABELS = {"queued": "Waiting", "running": "Running", "done": "Done", "dead": "Dead"}


@bp.get("/jobs", endpoint="jobs")
def show() -> str:
    """Show a page of the ledger, and the mails in trouble."""
    wanted = _wanted()
    found = task_runs.runs(wanted)
    rows = found[: task_runs.PAGE]
    return render_template(
        "admin/jobs/index.html",
        rows=rows,
        older=rows[-1][0].id if len(found) > len(rows) else None,
        wanted=wanted,
        tabs=_tabs(wanted),
        tasks=[("", "Any"), *((name, name) for name in sorted(TASKS))],
        mails=task_runs.mails_in_trouble(),
        labels=LABELS,
    )


@bp.post("/jobs/<uuid:run_id>/again")
def run_job_again(run_id: UUID) -> Response:
    """Give a dead run its tries back."""
    task = task_runs.run_again(run_id)
    db.session.commit()
    return _back(f"{task} runs again.")


@bp.post("/jobs/<uuid:run_id>/dismiss")
def dismiss_job(run_id: UUID) -> Response:
    """Remove a dead run."""
    task = task_runs.dismiss(run_id)
    db.session.commit()
    return _back(f"A dead run of {task} was removed.")


def _wanted() -> Filter:
    args = request.args
    state = args.get("state", "")
    return Filter(
        state=state if state in STATES else "",
        task=args.get("task", "").strip()[:LENGTH],
        slug=args.get("client", "").strip()[:LENGTH],
        before=args.get("before", type=UUID),
    )


def _tabs(wanted: Filter) -> Sequence[dict[str, Any]]:
    counts = task_runs.counts()
    states = {"": "All", **LABELS}
    return [
        {
            "label": label,
            "href": with_args(state=state or None, before=None),
            "current": wanted.state == state,
            "count": counts.get(state),
        }
        for state, label in states.items()
    ]


def _back(words: str) -> Response:
    flash(words)
    return redirect(url_for(".jobs", state="dead"), 303)
