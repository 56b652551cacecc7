"""POST /api/v1/query and /rows: numbers, and the facts behind them."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from werkzeug import Response

from portal.blueprints.api import bodies, shapes
from portal.blueprints.api.asked import MOST_BYTES, query_of, rows_query_of
from portal.blueprints.api.scope import READ_LIMIT, bp, caller, require_header_key
from portal.catalog.answer import answer
from portal.catalog.calendars import calendar_of
from portal.catalog.rows import FactRow, rows
from portal.catalog.subjects import MEASURES
from portal.core.calendar import Calendar
from portal.core.tenancy import acting_as, current_client_id

_encode = msgspec.json.Encoder(decimal_format="number").encode


@contextmanager
def asked_by() -> Iterator[tuple[bytes, Calendar]]:
    """Read the body of a question, and act as the client whose key it carries."""
    require_header_key()
    key = caller("read")
    sent = bodies.read(MOST_BYTES, bodies.JSON)
    with acting_as(key.client_id):
        yield sent, calendar_of(key.client_id)


@bp.post("/query")
@READ_LIMIT
def ask() -> Response:
    """Answer one question."""
    with asked_by() as (sent, calendar):
        client_id = current_client_id()
        result = answer(query_of(sent, calendar, client_id), calendar, client_id)
        body = _encode(shapes.told(result, calendar))
    return Response(body, mimetype="application/json")


@bp.post("/rows")
@READ_LIMIT
def list_rows() -> Response:
    """List the facts behind a figure; their values add up to it."""
    with asked_by() as (sent, calendar):
        client_id = current_client_id()
        found = rows(rows_query_of(sent, calendar, client_id), calendar, client_id)
        body = _encode(
            {
                "items": [_item(row) for row in found.items],
                "next": found.next or None,
                "count": found.count,
                "total": found.total,
            }
        )
    return Response(body, mimetype="application/json")


def _item(row: FactRow) -> dict[str, object]:
    unit = MEASURES[row.measure].kind.value
    return {
        "at": shapes.instant(row.at),
        "fact": row.fact,
        "external_id": row.external_id,
        "title": row.title,
        "lead_id": row.lead_id,
        "measure": row.measure,
        "value": row.value,
        "kind": "minor" if unit == "micros" else unit,
        "currency": row.currency or None,
        "dimensions": row.dimensions,
    }
