"""Product events, the people who make them, and their sessions."""

from portal.catalog.family import Identity, Kind, count, distinct, family, total
from portal.catalog.metric import metric
from portal.core.units import Unit

EVENTS = family(
    "events",
    "events f",
    instant="f.occurred_at",
    joins={
        "a": "LEFT JOIN actors a ON a.client_id = f.client_id AND f.user_id = ''"
        " AND a.anonymous_id = f.anonymous_id AND a.known_at <= f.occurred_at + interval '30 days'"
    },
    dimensions={"kind": "f.type", "name": "f.name"},
    identity=Identity(
        "events",
        id="f.system || ':' || f.message_id",
        external_id="f.message_id",
        title="f.name",
    ),
)
ACTOR = "nullif(coalesce(a.user_id, f.actor), '')"

events = count("events", EVENTS, hourly=True)
metric("events", "Product events", events, "Events that the client's product sent.")
for _key, _label, _days, _document in (
    ("daily_active", "Daily active", 1, "executive.DAU"),
    ("weekly_active", "Weekly active", 7, "executive.WAU"),
    ("monthly_active", "Monthly active", 30, "executive.MAU"),
):
    metric(
        _key,
        _label,
        distinct(_key, EVENTS, ACTOR, window_days=_days),
        f"Different people with an event in the {_days} local days that end with the bucket's"
        " last day, or now.",
        documents=(_document,),
    )
metric(
    "active_actors",
    "Active people",
    distinct("active_actors", EVENTS, ACTOR),
    "Different people with an event in the period.",
)

SESSIONS = family(
    "sessions",
    "product_sessions f",
    instant="f.started_at",
    dimensions={},
    identity=Identity(
        "product_sessions",
        id="f.actor || ':' || CAST(f.started_at AS text)",
        external_id="f.actor",
        title="f.actor",
    ),
)
sessions = count("sessions", SESSIONS)
metric(
    "sessions",
    "Sessions",
    sessions,
    "Runs of events of one person with no gap of 30 minutes, on the day each began.",
)
metric(
    "average_session_seconds",
    "Average session",
    total(
        "session_seconds",
        SESSIONS,
        "extract(epoch FROM f.ended_at - f.started_at)",
        kind=Kind.SECONDS,
    )
    / sessions,
    "Mean time from a session's first event to its last.",
    unit=Unit.SECONDS,
)
metric(
    "events_per_session",
    "Events per session",
    total("session_events", SESSIONS, "f.events", kind=Kind.NUMBER) / sessions,
    "Mean number of events of a session.",
)
