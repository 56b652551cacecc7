"""New leads, what became of them, and how soon they were answered."""

from portal.catalog.family import Identity, Kind, count, family, percentile, total
from portal.catalog.linked import CAMPAIGN, OWN_CAMPAIGN, owner_at
from portal.catalog.metric import Better, metric
from portal.core.units import Unit

STEPS = (
    "LEFT JOIN LATERAL (SELECT"
    # A message or call that answered tells it; a posted event only where there is none.
    " coalesce(min(t.occurred_at) FILTER (WHERE t.kind = 'first_response'"
    " AND t.origin <> 'funnel_events'), min(t.occurred_at)"
    " FILTER (WHERE t.kind = 'first_response')) AS responded_at,"
    " count(*) FILTER (WHERE t.kind = 'qualified') AS qualified,"
    " count(*) FILTER (WHERE t.kind = 'appointment_booked') AS booked,"
    " count(*) FILTER (WHERE t.kind = 'job_won') AS won"
    " FROM steps t WHERE t.client_id = f.client_id AND t.lead_id = f.id) s ON true"
)
# greatest() would make a zero of nothing.
SECONDS = (
    "CASE WHEN s.responded_at IS NOT NULL"
    " THEN greatest(extract(epoch FROM s.responded_at - f.occurred_at), 0) END"
)

LEADS = family(
    "leads",
    "leads f",
    instant="f.occurred_at",
    where="f.withdrawn_at IS NULL",
    joins={"c": CAMPAIGN, "o": owner_at("f.occurred_at", "f.id"), "s": STEPS},
    dimensions={
        "source": "f.source",
        "channel": "f.channel",
        "campaign": f"coalesce({OWN_CAMPAIGN}, '')",
        "owner": "coalesce(o.value, f.owner)",
        "location": "f.location",
    },
    currency="f.currency",
    identity=Identity("leads", title="f.name", lead="f.id"),
)
NAMED = ("missed_call", "web_form", "referral")

leads = count("leads", LEADS, hourly=True)
metric(
    "leads",
    "New leads",
    leads,
    "People who first reached the client in the period, each once.",
    documents=(
        "analytics_daily.new_leads",
        "analytics_weekly.new_leads",
        "analytics_monthly.new_leads",
        "analytics_weekly.leads_change_percent",
        "analytics_monthly.previous_month_leads_change_pct",
        "platform_analytics.total_leads",
        "campaign_metrics.total_leads",
        "leads.total",
    ),
)
for _source, _words in zip(NAMED, ("missed calls", "web forms", "referrals"), strict=True):
    _key = f"leads_from_{_words.replace(' ', '_')}"
    metric(
        _key,
        f"Leads from {_words}",
        count(_key, LEADS, f"f.source = '{_source}'", hourly=True),
        f"New leads whose source is {_source}.",
        documents=(f"analytics_daily.{_key}",),
    )
metric(
    "leads_from_other",
    "Leads from elsewhere",
    count(
        "leads_from_other",
        LEADS,
        "f.source NOT IN ('missed_call', 'web_form', 'referral')",
        hourly=True,
    ),
    "New leads of any other source, or of none.",
    documents=("analytics_daily.leads_from_other",),
)

for _kind, _column, _words in (
    ("qualified", "qualified", "were qualified"),
    ("appointment", "booked", "booked an appointment"),
    ("job", "won", "gave a job"),
):
    metric(
        f"lead_to_{_kind}_rate_cohort",
        f"Lead-to-{_kind} rate of the period's leads",
        count(f"cohort_{_column}", LEADS, f"s.{_column} > 0") / leads,
        f"Share of the period's own leads that {_words}, whenever they did; never above 1.",
        unit=Unit.SHARE,
        documents=("campaign_metrics.conversion_rate",) if _kind == "job" else (),
    )

metric(
    "average_lead_score",
    "Average lead score",
    total("lead_score_sum", LEADS, "CAST(f.score AS numeric)", kind=Kind.NUMBER)
    / count("leads_scored", LEADS, "f.score IS NOT NULL"),
    "Mean score, 0 to 100, of the period's leads that have one, as known now.",
    unit=Unit.SCORE,
    documents=("leads.averageScore",),
)
metric(
    "pipeline_value",
    "Open pipeline value",
    total(
        "pipeline_value",
        LEADS,
        "f.value_minor",
        "f.stage NOT IN ('won', 'lost')",
        kind=Kind.MINOR,
    ),
    "Value of the period's leads that are neither won nor lost, as known now.",
    unit=Unit.MONEY,
    documents=("leads.pipelineValue",),
)

for _minutes in (1, 5, 15, 60):
    _due = f"f.occurred_at <= CAST(:now AS timestamptz) - interval '{_minutes} minutes'"
    metric(
        f"speed_to_lead_within_{_minutes}m_rate",
        f"Leads answered within {_minutes} min",
        count(f"speed_within_{_minutes}m", LEADS, f"{_due} AND {SECONDS} <= {_minutes * 60}")
        / count(f"speed_due_{_minutes}m", LEADS, _due),
        f"Share of leads with a first reply within {_minutes} min; younger ones are pending.",
        unit=Unit.SHARE,
    )
metric(
    "speed_to_lead_average",
    "Average first response",
    total("speed_seconds", LEADS, SECONDS, "s.responded_at IS NOT NULL", kind=Kind.SECONDS)
    / count("speed_answered", LEADS, "s.responded_at IS NOT NULL"),
    "Mean time from lead to first reply, of those that were answered.",
    unit=Unit.SECONDS,
    better=Better.DOWN,
)
for _name, _word, _p90 in (("median", "Median", False), ("p90", "Slowest tenth's", True)):
    metric(
        f"speed_to_lead_{_name}",
        f"{_word} first response",
        percentile(f"speed_to_lead_{_name}", LEADS, SECONDS, p90=_p90),
        "Time from lead to first reply by assistant or person; a lead without one is infinite.",
        unit=Unit.SECONDS,
        better=Better.DOWN,
    )
