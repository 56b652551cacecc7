"""Answers of the addresses that take lists."""

import msgspec
from werkzeug import Response

from portal.blueprints.errors import problem
from portal.ingest.verdicts import Verdicts

_encode = msgspec.json.Encoder().encode
ALL_REFUSED = "No item was accepted; each result says why."


def answer(verdicts: Verdicts, **members: object) -> Response:
    """
    Say what became of each item: 200 when at least one was kept or known.

    Args:
        verdicts: of the list.
        members: what else the sender expects to find.
    """
    said = msgspec.structs.asdict(verdicts)
    if not verdicts.is_all_refused:
        return Response(_encode({**members, **said}), 200, mimetype="application/json")
    status, title = (
        (400, "The request could not be read") if verdicts.is_unreadable else (422, "Not accepted")
    )
    return problem(status, title, ALL_REFUSED, **said)
