"""`portal jobs`: the ledger of background work on the command line."""

import json
from uuid import UUID

import click

from portal.cli._scope import in_portal


@click.group()
def command() -> None:
    """Look at background work, and run again what is dead."""


@command.command("list")
@click.option("--state", type=click.Choice(["queued", "running", "done", "dead"]), default=None)
@click.option("--task", default="", help="Only tasks whose names begin so.")
@click.option("--client", "slug", default="", help="Only runs of one client.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document a line.")
@in_portal
def list_runs(state: str | None, task: str, slug: str, *, as_json: bool) -> None:
    """List the newest runs."""
    from portal.actions import task_runs

    wanted = task_runs.Filter(state=state or "", task=task, slug=slug)
    for run, client in task_runs.runs(wanted)[: task_runs.PAGE]:
        if as_json:
            click.echo(json.dumps({**task_runs.about(run), "client": client}))
        else:
            about = f"{run.id}  {run.state:8} {run.task:24} {client or '-':16} {run.error[:60]}"
            click.echo(about.rstrip())


@command.command("again")
@click.argument("run_ids", nargs=-1, type=click.UUID)
@click.option("--dead", "all_dead", is_flag=True, help="All that are dead.")
@in_portal
def run_again(run_ids: tuple[UUID, ...], *, all_dead: bool) -> None:
    """Give dead runs their tries back."""
    from portal.actions import task_runs
    from portal.core.db import db

    wanted = list(run_ids)
    if all_dead:
        wanted = [run.id for run, _ in task_runs.runs(task_runs.Filter(state="dead"))]
    for run_id in wanted:
        task = task_runs.run_again(run_id)
        db.session.commit()
        click.echo(f"{run_id} {task} waits")
