"""Sending the mails that wait."""

from portal.actions import deliveries
from portal.core.queue import task
from portal.tasks.ledger import Attempt


@task("mails.deliver", timeout_seconds=300)
def deliver(_attempt: Attempt) -> None:
    """Send what is due; each mail has a lease of its own."""
    deliveries.deliver_due()
