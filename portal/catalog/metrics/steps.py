"""What happened on leads' ways: appointments, quotes, jobs, and the value of the jobs won."""

from portal.catalog.family import Identity, Kind, count, family, percentile, total
from portal.catalog.linked import LEADS_CAMPAIGN, LEADS_OWN_CAMPAIGN, owner_at
from portal.catalog.metric import Better, metric
from portal.catalog.metrics.leads import leads
from portal.core.units import Unit


def _origin(alias: str, table: str) -> str:
    return (
        f"LEFT JOIN {table} {alias} ON {alias}.client_id = f.client_id"
        f" AND {alias}.id = f.origin_id AND f.origin = '{table}'"
    )


def _own(column: str) -> str:
    own = ", ".join(f"nullif({alias}.{column}, '')" for alias in ("j", "p", "e"))
    return f"coalesce({own}, l.{column}, '')"


WON = "f.kind = 'job_won'"
CYCLE = "greatest(extract(epoch FROM f.occurred_at - l.occurred_at), 0)"

STEPS = family(
    "steps",
    "steps f",
    instant="f.occurred_at",
    joins={
        "l": "LEFT JOIN leads l ON l.client_id = f.client_id AND l.id = f.lead_id",
        "j": _origin("j", "jobs"),
        "p": _origin("p", "payments"),
        "e": _origin("e", "funnel_events"),
        "ec": "LEFT JOIN campaigns ec ON ec.client_id = f.client_id AND ec.withdrawn_at IS NULL"
        " AND ec.id = coalesce(j.campaign_key, p.campaign_key, e.campaign_key)",
        "lc": LEADS_CAMPAIGN,
        "o": owner_at("f.occurred_at", "l.id"),
    },
    dimensions={
        "source": _own("source"),
        "channel": _own("channel"),
        "campaign": "coalesce(ec.external_id, nullif(j.campaign_ref, ''),"
        " nullif(p.campaign_ref, ''), nullif(e.campaign_ref, ''),"
        f" {LEADS_OWN_CAMPAIGN}, '')",
        "owner": "coalesce(nullif(j.owner, ''), nullif(p.owner, ''), nullif(e.owner, ''),"
        " o.value, l.owner, '')",
        "location": _own("location"),
        "product": "f.product",
    },
    currency="f.currency",
    identity=Identity(
        "f.kind",
        id="CAST(f.origin_id AS text) || ':' || f.kind || ':' || f.origin",
        external_id="coalesce(j.external_id, p.external_id, e.external_id, l.external_id, '')",
        title="coalesce(l.name, '')",
        lead="l.id",
    ),
)

jobs_won = count("jobs_won", STEPS, WON, hourly=True)
jobs_lost = count("jobs_lost", STEPS, "f.kind = 'job_lost'")
qualified = count("leads_qualified", STEPS, "f.kind = 'qualified'", hourly=True)
appointments = count("appointments_booked", STEPS, "f.kind = 'appointment_booked'", hourly=True)
revenue_booked = total(
    "revenue_booked",
    STEPS,
    "f.value_minor",
    "f.kind IN ('job_won', 'job_cancelled')",
    kind=Kind.MINOR,
    hourly=True,
)
metric(
    "jobs_won",
    "Jobs won",
    jobs_won,
    "Jobs won in the period, each once, on the day it was won, whenever the lead first came.",
    documents=(
        "analytics_daily.jobs_won",
        "analytics_weekly.jobs_won",
        "analytics_monthly.jobs_won",
    ),
)
metric(
    "jobs_lost",
    "Jobs lost",
    jobs_lost,
    "Jobs lost in the period.",
    better=Better.DOWN,
    documents=("analytics_daily.jobs_lost", "analytics_monthly.jobs_lost"),
)
metric(
    "jobs_cancelled",
    "Jobs cancelled",
    count("jobs_cancelled", STEPS, "f.kind = 'job_cancelled'"),
    "Won jobs that were cancelled in the period; the win stays, its value is taken back here.",
    better=Better.DOWN,
)
metric(
    "leads_qualified",
    "Qualified leads",
    qualified,
    "Leads that were qualified in the period.",
    documents=("analytics_monthly.qualified_leads", "leads.qualified"),
)
metric(
    "appointments_booked",
    "Appointments booked",
    appointments,
    "Appointments booked in the period.",
    documents=(
        "analytics_daily.appointments_booked",
        "analytics_weekly.appointments_booked",
        "analytics_monthly.appointments_booked",
    ),
)
for _key, _label, _documents in (
    ("first_response", "First responses", ()),
    ("quote_requested", "Quotes requested", ("analytics_daily.quotes_requested",)),
    (
        "quote_sent",
        "Quotes sent",
        ("analytics_daily.quotes_sent", "analytics_monthly.quotes_generated"),
    ),
    ("quote_accepted", "Quotes accepted", ()),
    ("review_requested", "Reviews requested", ("analytics_daily.review_requests_sent",)),
    (
        "review_received",
        "Reviews received",
        ("analytics_daily.reviews_received", "analytics_monthly.reviews_received"),
    ),
):
    _plural = "_".join([f"{_key.split('_')[0]}s", *_key.split("_")[1:]])
    _plural = "first_responses" if _key == "first_response" else _plural
    metric(
        _plural,
        _label,
        count(_plural, STEPS, f"f.kind = '{_key}'"),
        f"Steps of the kind {_key} in the period.",
        documents=_documents,
    )

metric(
    "revenue_booked",
    "Attributed revenue",
    revenue_booked,
    "Value of the jobs won in the period, on the day each was won, less the value of won jobs"
    " that were cancelled, on the day of the cancellation.",
    unit=Unit.MONEY,
    documents=(
        "analytics_daily.revenue_attributed_cents",
        "analytics_weekly.revenue_attributed_cents",
        "analytics_monthly.revenue_attributed_cents",
        "analytics_weekly.revenue_change_percent",
        "analytics_monthly.previous_month_revenue_change_pct",
        "campaign_metrics.revenue_generated",
        "revenue.total",
    ),
)
metric(
    "average_job_value",
    "Average job value",
    total("jobs_won_value", STEPS, "f.value_minor", WON, kind=Kind.MINOR)
    / count("jobs_priced", STEPS, f"{WON} AND f.value_minor IS NOT NULL", priced=True),
    "Mean value of the jobs won that have one, in one currency.",
    unit=Unit.MONEY,
    documents=("analytics_monthly.avg_job_value_cents", "revenue.averageDealSize"),
)
ACTIVITY = (
    " An activity ratio of one period: it may pass 1, because the leads may be older. Its cohort"
    " twin lies on the lead's day."
)
metric(
    "lead_to_qualified_rate",
    "Lead-to-qualified rate",
    qualified / leads,
    "Qualified leads per new lead." + ACTIVITY,
    unit=Unit.SHARE,
    documents=("leads.conversionRate",),
)
metric(
    "lead_to_appointment_rate",
    "Lead-to-appointment rate",
    appointments / leads,
    "Appointments booked per new lead." + ACTIVITY,
    unit=Unit.SHARE,
    documents=("analytics_weekly.lead_to_appointment_rate",),
)
metric(
    "appointment_to_job_rate",
    "Appointment-to-job rate",
    jobs_won / appointments,
    "Jobs won per appointment booked." + ACTIVITY,
    unit=Unit.SHARE,
    documents=("analytics_weekly.appointment_to_job_rate",),
)
metric(
    "lead_to_job_rate",
    "Lead-to-job rate",
    jobs_won / leads,
    "Jobs won per new lead." + ACTIVITY,
    unit=Unit.SHARE,
    documents=(
        "analytics_weekly.overall_conversion_rate",
        "analytics_monthly.lead_to_job_rate",
    ),
)
metric(
    "win_rate",
    "Win rate",
    jobs_won / (jobs_won + jobs_lost),
    "Jobs won as a share of the jobs decided in the period.",
    unit=Unit.SHARE,
    documents=("revenue.winRate",),
)
metric(
    "sales_cycle_average",
    "Average sales cycle",
    total("sales_cycle_seconds", STEPS, CYCLE, f"{WON} AND l.id IS NOT NULL", kind=Kind.SECONDS)
    / count("jobs_won_linked", STEPS, f"{WON} AND l.id IS NOT NULL"),
    "Mean time from lead to job won, of the jobs won in the period.",
    unit=Unit.SECONDS,
    better=Better.DOWN,
    documents=("revenue.salesCycle", "leads.timeToConversion"),
)
metric(
    "sales_cycle_median",
    "Median sales cycle",
    percentile("sales_cycle_median", STEPS, CYCLE, f"{WON} AND l.id IS NOT NULL"),
    "Median time from lead to job won, of the jobs won in the period.",
    unit=Unit.SECONDS,
    better=Better.DOWN,
)
