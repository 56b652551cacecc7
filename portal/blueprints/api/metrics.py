"""GET /api/v1/metrics, /dimensions and /events/names: what can be asked."""

import msgspec
import sqlalchemy as sa
from werkzeug import Response

from portal.blueprints.api import shapes
from portal.blueprints.api.scope import READ_LIMIT, bp, caller
from portal.catalog.dimension import DIMENSION, ORDER
from portal.catalog.subjects import METRICS
from portal.core.db import db
from portal.core.tenancy import acting_as
from portal.models.rollups import Rollup

MOST_NAMES = 1000


@bp.get("/metrics")
@READ_LIMIT
def list_metrics() -> Response:
    """Describe every metric."""
    caller("read")
    return _answer({"items": shapes.metric_items(list(METRICS.values()))})


@bp.get("/dimensions")
@READ_LIMIT
def list_dimensions() -> Response:
    """Describe every dimension, and which metrics have it."""
    caller("read")
    items = [
        {
            "key": key,
            "label": DIMENSION[key].label,
            "type": "text",
            "definition": DIMENSION[key].definition,
            "metrics": sorted(m.key for m in METRICS.values() if key in m.dimensions),
        }
        for key in ORDER
    ]
    return _answer({"items": items})


@bp.get("/events/names")
@READ_LIMIT
def list_event_names() -> Response:
    """List the names of the client's product events, the most frequent first."""
    key = caller("read")
    events = sa.func.sum(Rollup.value)
    names = (
        sa.select(Rollup.name, events, sa.func.min(Rollup.day), sa.func.max(Rollup.day))
        .where(Rollup.client_id == key.client_id, Rollup.measure == "events")
        .group_by(Rollup.name)
        .order_by(events.desc(), Rollup.name)
        .limit(MOST_NAMES)
    )
    with acting_as(key.client_id):
        found = db.session.execute(names).all()
    items = [
        {"name": name, "events": int(count), "first_day": first, "last_day": last}
        for name, count, first, last in found
    ]
    return _answer({"items": items})


def _answer(body: object) -> Response:
    return Response(msgspec.json.encode(body), mimetype="application/json")
