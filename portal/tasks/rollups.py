"""Rolling up what was marked, and marking what time alone has changed."""

from portal.core.queue import task
from portal.rollups import sweep as sweeping
from portal.tasks.ledger import Attempt


# Short pauses: while a day that cannot be rolled up is tried again, all others wait with it.
@task("rollups.sweep", queue="rollups", timeout_seconds=900, back_off_seconds=(5, 10))
def sweep(_attempt: Attempt) -> None:
    """
    Roll up everything that is marked; it commits as it goes, and may be cut off anywhere.

    No fence: two sweeps at once agree by locks, and a day is always rebuilt whole.
    """
    sweeping.sweep()


@task("rollups.mark_due_instants", queue="rollups", timeout_seconds=120)
def mark_due_instants(_attempt: Attempt) -> None:
    """Mark what has an instant of its own that passed since the last time."""
    sweeping.mark_due_instants()
