"""POST and DELETE /api/v1/facts/<kind>."""

from werkzeug import Response

from portal.blueprints.api import bodies
from portal.blueprints.api.answers import answer
from portal.blueprints.api.scope import bp, caller, require_header_key
from portal.core.errors import NotFound
from portal.ingest import body, facts
from portal.ingest.kinds.kind import KINDS

MOST_BYTES = 1_000_000
MOST_ITEMS = 1_000


@bp.post("/facts/<kind>")
def take_facts(kind: str) -> Response:
    """Store a list of facts of one kind; a verdict for each."""
    _known(kind)
    require_header_key()
    sent = bodies.read(MOST_BYTES, bodies.JSON)
    key = caller("ingest")
    items = body.items(sent, most=MOST_ITEMS)
    verdicts = facts.store(key.client_id, kind, key.system, items)
    return answer(verdicts)


def _known(kind: str) -> None:
    if kind not in KINDS:
        raise NotFound(f"There is no fact kind {kind[:80]!r}; there are {', '.join(KINDS)}.")
