"""Telephone calls: how many, answered by whom, how long, how good."""

from decimal import Decimal

from portal.catalog.family import Identity, Kind, count, family, total
from portal.catalog.formula import Number
from portal.catalog.linked import inherited, joins
from portal.catalog.metric import Better, metric
from portal.core.units import Unit

CALLS = family(
    "calls",
    "calls f",
    instant="f.occurred_at",
    where="f.withdrawn_at IS NULL",
    joins=joins("f.occurred_at"),
    dimensions=dict(inherited())
    | {
        "direction": "f.direction",
        "outcome": "f.outcome",
        "handled_by": "f.handled_by",
        "account": "f.line",
    },
    stored=("source", "channel", "location", "direction", "outcome", "handled_by"),
    identity=Identity("calls", title="coalesce(l.name, '')", lead="f.lead_key"),
)

calls = count("calls", CALLS, hourly=True)
answered = count("calls_answered", CALLS, "f.outcome = 'answered'", hourly=True)
missed = count(
    "calls_missed", CALLS, "f.direction = 'inbound' AND f.outcome <> 'answered'", hourly=True
)
successful = count("calls_successful", CALLS, "coalesce(f.is_successful, f.outcome = 'answered')")
inbound_calls = count("calls_inbound", CALLS, "f.direction = 'inbound'", hourly=True)
inbound_answered = count(
    "calls_inbound_answered", CALLS, "f.direction = 'inbound' AND f.outcome = 'answered'"
)
seconds = total("call_seconds", CALLS, "f.duration_seconds", kind=Kind.SECONDS)
timed = count("calls_timed", CALLS, "f.duration_seconds IS NOT NULL")
by_ai = count("calls_ai", CALLS, "f.handled_by = 'ai'")
by_person = count("calls_person", CALLS, "f.handled_by = 'person'")

metric("calls", "Calls", calls, "Calls in and out.", documents=("calls.total",))
metric("calls_answered", "Calls answered", answered, "Calls that were answered.")
metric(
    "calls_missed",
    "Calls missed",
    missed,
    "Incoming calls that nobody answered: missed, voicemail, busy or failed.",
    better=Better.DOWN,
)
metric("calls_inbound", "Incoming calls", inbound_calls, "Calls that people made to the client.")
metric(
    "calls_successful",
    "Successful calls",
    successful,
    "Calls that were marked successful; where not marked, those that were answered.",
    documents=("calls.successful",),
)
metric("calls_ai", "Calls by assistant", by_ai, "Calls that the assistant handled.")
metric(
    "calls_person",
    "Calls by people",
    by_person,
    "Calls that a person handled.",
    better=Better.NEITHER,
)
metric(
    "call_success_rate",
    "Call success rate",
    successful / calls,
    "Share of the calls that were successful.",
    unit=Unit.SHARE,
    documents=("calls.successRate",),
)
metric(
    "call_answer_rate",
    "Call answer rate",
    inbound_answered / inbound_calls,
    "Share of the incoming calls that were answered.",
    unit=Unit.SHARE,
)
metric(
    "call_seconds",
    "Time on calls",
    seconds,
    "Duration of all calls.",
    unit=Unit.SECONDS,
    better=Better.NEITHER,
)
metric(
    "call_minutes",
    "Minutes on calls",
    seconds / Number(Decimal(60)),
    "Duration of all calls, in minutes.",
    better=Better.NEITHER,
    documents=("calls.totalMinutes",),
)
metric(
    "average_call_seconds",
    "Average call",
    seconds / timed,
    "Mean duration of the calls whose duration is known.",
    unit=Unit.SECONDS,
    better=Better.NEITHER,
    documents=("calls.averageDuration",),
)
metric(
    "average_call_quality",
    "Call quality",
    total("call_quality_sum", CALLS, "CAST(f.quality AS numeric)", kind=Kind.NUMBER)
    / count("calls_rated", CALLS, "f.quality IS NOT NULL"),
    "Mean quality, 0 to 100, of the calls that were rated.",
    unit=Unit.SCORE,
    documents=("calls.qualityScore",),
)
metric(
    "call_automation_rate",
    "Calls handled by assistant",
    by_ai / (by_ai + by_person),
    "Calls that the assistant handled, as a share of those whose handler is known.",
    unit=Unit.SHARE,
    documents=("calls.automationRate",),
)
