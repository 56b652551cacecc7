"""Product events: what Segment's, RudderStack's and PostHog's clients call."""

import msgspec
from flask import Blueprint
from msgspec import Raw, Struct, field
from werkzeug import Response

from portal.blueprints.api import bodies
from portal.blueprints.api.answers import answer
from portal.blueprints.api.scope import GUESS_LIMIT, INGEST_LIMIT, caller, guard
from portal.core.errors import NotFound
from portal.ingest import body, events, wire
from portal.ingest.verdicts import Verdicts

bp = Blueprint("events", __name__)
bp.before_request(guard)
GUESS_LIMIT(bp)

MOST_BYTES = 500 * 1024
MOST_POSTHOG_BYTES = 5 * 1024 * 1024
CALLS = ("track", "identify", "page", "screen", "group", "alias")
EMPTY = Raw(b"")


class SegmentBatch(Struct):
    """The body of /v1/batch."""

    batch: list[Raw]
    write_key: str | None = field(default=None, name="writeKey")
    sent_at: Raw = field(default=EMPTY, name="sentAt")


class SegmentCall(Struct):
    """What the body of a single call says besides the event."""

    write_key: str | None = field(default=None, name="writeKey")


class PostHogBatch(Struct):
    """The body of /batch/."""

    batch: list[Raw]
    api_key: str | None = None
    sent_at: Raw = EMPTY


@bp.post("/v1/batch", provide_automatic_options=False)
@INGEST_LIMIT
def take_batch() -> Response:
    """Store a list of calls."""
    sent: SegmentBatch = body.decoded(_body(MOST_BYTES), SegmentBatch, "batch")
    key = caller("ingest", "browser", body_key=sent.write_key or "")
    body.check_length(sent.batch, len(sent.batch))
    sent_at = wire.moment(sent.sent_at)
    return _answer(events.store(key.client_id, key.system, sent.batch, sent_at=sent_at))


@bp.post("/v1/<call>", provide_automatic_options=False)
@INGEST_LIMIT
def take_call(call: str) -> Response:
    """Store one call."""
    if call not in CALLS:
        raise NotFound
    sent = _body(MOST_BYTES)
    told: SegmentCall = body.decoded(sent, SegmentCall)
    key = caller("ingest", "browser", body_key=told.write_key or "")
    form = events.single(call)
    return _answer(events.store(key.client_id, key.system, [sent], form=form))


@bp.post("/batch/")
@bp.post("/batch")
@bp.post("/i/v0/ai/batch/")
@INGEST_LIMIT
def take_posthog_batch() -> Response:
    """Store a list of PostHog's events."""
    sent: PostHogBatch = body.decoded(_body(MOST_POSTHOG_BYTES), PostHogBatch, "batch")
    key = caller("ingest", body_key=sent.api_key or "")
    body.check_length(sent.batch, len(sent.batch))
    sent_at = wire.moment(sent.sent_at)
    verdicts = events.store(
        key.client_id, key.system, sent.batch, form=events.POSTHOG, sent_at=sent_at
    )
    return _answer(verdicts, status=1)


def _body(most_bytes: int) -> bytes:
    return bodies.read(most_bytes, bodies.JSON, bodies.PLAIN)


def _answer(verdicts: Verdicts, **members: object) -> Response:
    return answer(verdicts, success=True, **members)


@bp.after_request
def _explain(response: Response) -> Response:
    """Tell errors by the names that the clients' libraries read as well."""
    if response.mimetype == "application/problem+json":
        told = msgspec.json.decode(response.get_data())
        code, message = told.get("title", ""), told.get("detail", "")
        response.set_data(msgspec.json.encode({**told, "code": code, "message": message}))
    return response
