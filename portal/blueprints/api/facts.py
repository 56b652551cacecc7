"""POST and DELETE /api/v1/facts/<kind>."""

from flask import request
from werkzeug import Response

from portal.blueprints.api import bodies
from portal.blueprints.api.answers import answer
from portal.blueprints.api.scope import INGEST_LIMIT, bp, caller, require_header_key
from portal.core.errors import Conflict, NotFound, Refused
from portal.ingest import body, facts, verdicts, withdrawals
from portal.ingest.kinds.item import MOST_MINOR
from portal.ingest.kinds.kind import KINDS
from portal.ingest.verdicts import Status

MOST_BYTES = 1_000_000
MOST_ITEMS = 1_000
MOST_SYSTEM = 80


@bp.post("/facts/<kind>")
@INGEST_LIMIT
def take_facts(kind: str) -> Response:
    """Store a list of facts of one kind; a verdict for each."""
    known_kind(kind)
    require_header_key()
    sent = bodies.read(MOST_BYTES, bodies.JSON)
    key = caller("ingest")
    items = body.items(sent, most=MOST_ITEMS)
    return answer(facts.store(key.client_id, kind, key.system, items))


@bp.delete("/facts/<kind>/<path:external_id>")
@INGEST_LIMIT
def withdraw_fact(kind: str, external_id: str) -> Response:
    """Withdraw one fact; a newer version restores it."""
    known_kind(kind)
    key = caller("ingest")
    if unknown := sorted(set(request.args) - {"version", "system"}):
        raise Refused(f"There is no parameter {unknown[0][:80]!r}; there are system, version.")
    verdict = withdrawals.withdraw(
        key.client_id,
        kind,
        _system(key.system),
        external_id.replace("\0", ""),
        version=_version(),
    )
    if verdict.status is Status.CONFLICT:
        raise Conflict(verdict.reason)
    return answer(verdicts.count([verdict]))


def known_kind(kind: str) -> None:
    """
    Let through the kinds of fact that there are.

    Raises:
        NotFound: there is none of that name.
    """
    if kind not in KINDS:
        raise NotFound(f"There is no fact kind {kind[:80]!r}; there are {', '.join(KINDS)}.")


def _system(own: str) -> str:
    system = request.args.get("system", own)
    if not 0 < len(system) <= MOST_SYSTEM or "\0" in system:
        raise Refused(f"It must have 1 to {MOST_SYSTEM} characters.", field="system")
    return system


def _version() -> int | None:
    text = request.args.get("version")
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or int(text[:20]) > MOST_MINOR:
        raise Refused(f"It must be a whole number from 0 to {MOST_MINOR}.", field="version")
    return int(text)
