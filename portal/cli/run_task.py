"""`portal run-task ID`: one run of the ledger, in a process of its own."""

import click


@click.command(hidden=True)
@click.argument("run_id", type=click.UUID)
def command(run_id: str) -> None:
    """Run row RUN_ID of the ledger; workers call it while Redis is away."""
    from portal.app import create_app
    from portal.config import Config
    from portal.tasks.run import run

    app = create_app(Config.from_env())
    with app.app_context():
        run(str(run_id))
