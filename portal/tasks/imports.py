"""Running imports, a spell at a time: a long one asks for its own continuation."""

from uuid import UUID

from portal.actions import import_runs
from portal.core.db import db
from portal.core.queue import enqueue, task
from portal.core.tenancy import current_client_id
from portal.tasks.ledger import Attempt

SPELL_SECONDS = 240
STOPPED = "It stopped at an error of ours; resume it to go on where it was."


@task("imports.run", queue="imports", timeout_seconds=600, tries=5)
def run_import(attempt: Attempt, import_id: str, spell: int = 0) -> None:
    """Run an import or its undoing on; each batch commits with its place."""
    client_id = current_client_id()
    spell_ = import_runs.Spell(seconds=SPELL_SECONDS)
    try:
        state = import_runs.run(client_id, UUID(import_id), spell_)
    except Exception:
        db.session.rollback()
        if attempt.is_last:
            import_runs.fail(client_id, UUID(import_id), STOPPED)
        raise
    if state in {"running", "undoing"}:
        key = f"{import_id}:{spell + 1}"
        enqueue("imports.run", client_id=client_id, key=key, import_id=import_id, spell=spell + 1)
