"""How soon people who write are answered: turns, counted on the day of their first message."""

from portal.catalog.family import Identity, Kind, Measure, count, family, percentile, total
from portal.catalog.linked import owner_at
from portal.catalog.metric import Better, metric
from portal.core.units import Unit

TURNS = family(
    "turns",
    "turns f",
    instant="f.started_at",
    joins={
        "l": "LEFT JOIN leads l ON l.client_id = f.client_id AND l.id = f.lead_key"
        " AND l.withdrawn_at IS NULL",
        "lc": "LEFT JOIN campaigns lc ON lc.client_id = f.client_id AND lc.id = l.campaign_key"
        " AND lc.withdrawn_at IS NULL",
        "o": owner_at("f.started_at", "l.id"),
    },
    dimensions={
        "source": "coalesce(l.source, '')",
        "channel": "coalesce(l.channel, '')",
        "medium": "f.medium",
        "campaign": "coalesce(lc.external_id, l.campaign_ref, '')",
        "owner": "coalesce(o.value, l.owner, '')",
        "location": "coalesce(l.location, '')",
        "account": "f.account",
    },
    stored=("source", "channel", "medium", "account"),
    identity=Identity(
        "turns",
        id="f.conversation || ':' || CAST(f.started_at AS text)",
        external_id="f.conversation",
        title="coalesce(l.name, '')",
        lead="f.lead_key",
    ),
)
WEEK = 7 * 24 * 60


def _seconds(until: str) -> str:
    return f"extract(epoch FROM {until} - f.started_at)"


def _due(minutes: int) -> str:
    return f"f.started_at <= CAST(:now AS timestamptz) - interval '{minutes} minutes'"


ENDED = "CASE WHEN f.is_unanswered THEN NULL ELSE f.ended_at END"
KINDS = {
    "response": (ENDED, "Response", "the first answer by assistant or person"),
    "person_response": ("f.first_person_at", "Person's response", "a person's first answer"),
    "ai_response": ("f.first_ai_at", "Assistant's response", "the assistant's first answer"),
}
BASE = " to {what}; counted on the day of the first unanswered message"

turns = count("turns", TURNS)
metric(
    "turns",
    "Turns",
    turns,
    "Times that somebody wrote while no answer was open; a burst of messages is one turn.",
)


def _within(kind: str, ended: str, minutes: int, due: Measure) -> Measure:
    return count(
        f"{kind}_within_{minutes}m",
        TURNS,
        f"{_due(minutes)} AND {_seconds(ended)} <= {minutes * 60}",
    )


DUE = {
    minutes: count(f"response_due_{minutes}m", TURNS, _due(minutes)) for minutes in (1, 5, 15, 60)
}
DUE[WEEK] = count("response_due_7d", TURNS, _due(WEEK))

for _kind, (_ended, _label, _what) in KINDS.items():
    for _minutes in (1, 5, 15, 60):
        metric(
            f"{_kind}_within_{_minutes}m_rate",
            f"{_label} within {_minutes} min",
            _within(_kind, _ended, _minutes, DUE[_minutes]) / DUE[_minutes],
            f"Share of turns with at most {_minutes} min{BASE.format(what=_what)}; younger turns"
            " are pending, in neither part.",
            unit=Unit.SHARE,
            documents=("analytics_weekly.response_within_five_min",)
            if (_kind, _minutes) == ("response", 5)
            else (),
        )
    metric(
        f"{_kind}_answered_rate",
        f"{_label} rate",
        count(
            f"{_kind}_answered_7d",
            TURNS,
            f"{_due(WEEK)} AND {_seconds(_ended)} <= {WEEK * 60}",
        )
        / DUE[WEEK],
        "Share of turns answered within 7 days; younger turns are pending, in neither part.",
        unit=Unit.SHARE,
    )
    metric(
        f"{_kind}_average",
        f"{_label}, mean",
        total(
            f"{_kind}_seconds", TURNS, _seconds(_ended), f"{_ended} IS NOT NULL", kind=Kind.SECONDS
        )
        / count(f"{_kind}_answered", TURNS, f"{_ended} IS NOT NULL"),
        f"Mean time{BASE.format(what=_what)}, of the turns that had one.",
        unit=Unit.SECONDS,
        better=Better.DOWN,
        documents=(
            "analytics_daily.avg_response_time_seconds",
            "analytics_weekly.avg_response_time_seconds",
            "conversations.avgResponseTime",
        )
        if _kind == "response"
        else (),
    )
    for _name, _word, _p90 in (("median", "median", False), ("p90", "90th percentile", True)):
        metric(
            f"{_kind}_{_name}",
            f"{_label}, {_word}",
            percentile(f"{_kind}_{_name}", TURNS, _seconds(_ended), p90=_p90),
            f"Time{BASE.format(what=_what)}; a turn without an answer is infinite.",
            unit=Unit.SECONDS,
            better=Better.DOWN,
        )
metric(
    "business_response_average",
    "Response in business hours, mean",
    total(
        "business_seconds",
        TURNS,
        "f.business_seconds",
        f"{ENDED} IS NOT NULL AND f.business_seconds IS NOT NULL",
        kind=Kind.SECONDS,
    )
    / count("business_answered", TURNS, f"{ENDED} IS NOT NULL AND f.business_seconds IS NOT NULL"),
    "Mean time within the client's business hours to the first answer.",
    unit=Unit.SECONDS,
    better=Better.DOWN,
)
