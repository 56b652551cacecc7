"""The audit log's address: what it filters by, and where the next page begins."""

from collections.abc import Sequence
from uuid import UUID

from flask import request

from portal.actions.audit_log import PAGE, Entry, Filter

LENGTH = 100


def wanted() -> Filter:
    """Read the filter from the address; what makes no sense is left out."""
    args = request.args
    return Filter(
        action=args.get("action", "").strip()[:LENGTH],
        actor=args.get("actor", "").strip()[:LENGTH],
        slug=args.get("client", "").strip()[:LENGTH],
        before=_id(args.get("before", "")),
    )


def split(found: Sequence[Entry]) -> tuple[Sequence[Entry], UUID | None]:
    """Cut a page off, and tell where the next one begins, if there is one."""
    rows = found[:PAGE]
    return rows, rows[-1].id if len(found) > PAGE else None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
