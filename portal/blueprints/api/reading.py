"""GET /api/v1/facts/<kind> and /api/v1/events: what arrived, page by page or as a stream."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import msgspec
from flask import request, stream_with_context
from werkzeug import Response

from portal.actions import keys
from portal.actions.keys import Found
from portal.blueprints import cursors
from portal.blueprints.api.facts import known_kind
from portal.blueprints.api.scope import READ_LIMIT, autocommit_engine, bp, caller
from portal.catalog import arrivals
from portal.catalog.arrivals import Arrival, Wanted
from portal.catalog.calendars import calendar_of
from portal.core.calendar import Calendar
from portal.core.errors import NotSignedIn, Refused
from portal.core.tenancy import acting_as
from portal.ingest.refusals import INSTANT_FORM

NDJSON = "application/x-ndjson"
MOST_ROWS = 1_000
NAMES = frozenset({"from", "to", "received_from", "received_to", "limit", "cursor"})

Read = Callable[[Wanted], list[Arrival]]
_encode = msgspec.json.Encoder().encode


@bp.get("/facts/<kind>")
@READ_LIMIT
def list_facts(kind: str) -> Response:
    """List facts of one kind in the order of their receipt."""
    known_kind(kind)
    key = caller("read")
    _check_names(NAMES)
    return _listed(key, f"facts/{kind}", lambda wanted: arrivals.facts(key.client_id, kind, wanted))


@bp.get("/events")
@READ_LIMIT
def list_events() -> Response:
    """List product events in the order of their receipt."""
    key = caller("read")
    _check_names(NAMES | {"event"})
    return _listed(key, "events", lambda wanted: arrivals.events(key.client_id, wanted))


def _listed(key: Found, of: str, read: Read) -> Response:
    with acting_as(key.client_id):
        wanted = _wanted(key, of, calendar_of(key.client_id))
    if request.accept_mimetypes.best_match(["application/json", NDJSON]) == NDJSON:
        rows = _streamed(key, read, wanted, whole="limit" not in request.args)
        return Response(stream_with_context(rows), mimetype=NDJSON)
    with acting_as(key.client_id):
        found = read(replace(wanted, limit=wanted.limit + 1))
    page = found[: wanted.limit]
    more = len(found) > wanted.limit
    body = {
        "items": [one.shown for one in page],
        "next": cursors.write(key.client_id, of, page[-1].place) if more else None,
    }
    return Response(_encode(body), mimetype="application/json")


def _streamed(key: Found, read: Read, wanted: Wanted, *, whole: bool) -> Iterator[bytes]:
    """
    Give all rows, a line each: a short transaction a page, so that a slow reader holds nothing.

    Raises:
        NotSignedIn: the key was revoked meanwhile; the stream breaks off.
    """
    while True:
        with acting_as(key.client_id):
            found = read(wanted)
        if found:
            yield b"".join(_encode(one.shown) + b"\n" for one in found)
        if len(found) < wanted.limit or not whole:
            return
        wanted = replace(wanted, after=found[-1].place)
        if not keys.is_good(autocommit_engine(), key.id):
            raise NotSignedIn("The key was revoked.")


def _check_names(allowed: frozenset[str]) -> None:
    if unknown := sorted(set(request.args) - allowed):
        known = ", ".join(sorted(allowed))
        raise Refused(f"There is no parameter {unknown[0][:80]!r}; there are {known}.")


def _wanted(key: Found, of: str, calendar: Calendar) -> Wanted:
    cursor = request.args.get("cursor")
    return Wanted(
        start=_instant("from", calendar),
        end=_instant("to", calendar),
        received_from=_instant("received_from", calendar),
        received_to=_instant("received_to", calendar),
        event=request.args.get("event"),
        after=cursors.read(key.client_id, of, cursor) if cursor else None,
        limit=_limit(),
    )


def _instant(name: str, calendar: Calendar) -> datetime | None:
    """Read an instant, or a local day for its start."""
    text = request.args.get(name)
    if text is None:
        return None
    try:
        if len(text) == len("2026-01-31"):
            return calendar.start_of(date.fromisoformat(text))
        at: datetime = msgspec.convert(text.replace(" ", "+"), datetime)
    except (msgspec.ValidationError, ValueError, OverflowError):
        at = datetime.min  # noqa: DTZ901 - has no offset, like all that are refused below
    if at.tzinfo is None:
        raise Refused(f"It must be {INSTANT_FORM}, or a local date.", field=name)
    return at


def _limit() -> int:
    text: Any = request.args.get("limit", str(MOST_ROWS))
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= MOST_ROWS:
        raise Refused(f"It must be a whole number from 1 to {MOST_ROWS:,}.", field="limit")
    return int(text)
