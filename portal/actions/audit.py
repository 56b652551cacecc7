"""The audit log: one row for each thing done, in the transaction that does it."""

from typing import Any

from portal.core.actor import current_actor
from portal.core.calendar import now
from portal.core.db import db
from portal.core.errors import NoClient
from portal.core.tenancy import current_client_id
from portal.models.accounts import AgencyAudit, AuditEntry


def record(action: str, subject: str = "", **detail: Any) -> None:
    """
    Write that the current actor did `action` (`noun.verb`, past tense) to `subject`.

    Inside `acting_as` the row is the client's, and its owner sees it; outside it is the agency's.
    `detail` is small and never holds a secret. The caller commits.
    """
    actor = current_actor()
    row: dict[str, Any] = {
        "at": now(),
        "action": action,
        "actor": actor.name,
        "actor_id": actor.user_id,
        "subject": subject[:400],
        "detail": detail,
        "address": actor.address,
        "request_id": actor.request_id,
    }
    try:
        db.session.add(AuditEntry(client_id=current_client_id(), **row))
    except NoClient:
        db.session.add(AgencyAudit(**row))
