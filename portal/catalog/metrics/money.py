"""Money collected, and what was spent to earn it."""

from portal.catalog.family import Identity, Kind, count, family, total
from portal.catalog.linked import joins
from portal.catalog.metric import Better, metric
from portal.catalog.metrics.leads import leads
from portal.catalog.metrics.steps import STEPS, jobs_won, revenue_booked
from portal.core.units import Unit

# A refund says little of itself: what it lacks, the payment that it takes back has.
REFUNDED = (
    "LEFT JOIN LATERAL (SELECT q.* FROM payments q WHERE q.client_id = f.client_id"
    " AND f.refund_of_ref <> '' AND q.external_id = f.refund_of_ref AND q.withdrawn_at IS NULL"
    " ORDER BY q.system = coalesce(nullif(f.refund_of_system, ''), f.system) DESC, q.id"
    " LIMIT 1) r ON true"
)


def _own(column: str) -> str:
    return f"coalesce(nullif(f.{column}, ''), nullif(r.{column}, ''), l.{column}, '')"


PAYMENTS = family(
    "payments",
    "payments f",
    instant="f.occurred_at",
    where="f.withdrawn_at IS NULL",
    joins={"r": REFUNDED}
    | dict(joins("f.occurred_at"))
    | {
        "c": "LEFT JOIN campaigns c ON c.client_id = f.client_id AND c.withdrawn_at IS NULL"
        " AND c.id = coalesce(f.campaign_key, r.campaign_key)"
    },
    dimensions={
        "source": _own("source"),
        "channel": _own("channel"),
        "campaign": "coalesce(c.external_id, nullif(f.campaign_ref, ''),"
        " nullif(r.campaign_ref, ''), lc.external_id, nullif(l.campaign_ref, ''), '')",
        "owner": "coalesce(nullif(f.owner, ''), nullif(r.owner, ''), o.value, l.owner, '')",
        "location": _own("location"),
        "product": "coalesce(nullif(f.product, ''), r.product, '')",
        "kind": "f.kind",
    },
    currency="f.currency",
    identity=Identity("payments", title="coalesce(l.name, '')", lead="f.lead_key"),
)
POSTED = "f.kind = 'payment_received' AND f.origin = 'funnel_events'"

paid = total("payments_amount", PAYMENTS, "f.amount_minor", kind=Kind.MINOR, hourly=True)
posted = total(
    "posted_payments_amount", STEPS, "f.value_minor", POSTED, kind=Kind.MINOR, hourly=True
)
collected = paid + posted
payments = count("payments", PAYMENTS, "f.amount_minor >= 0", hourly=True)
metric(
    "payments_collected",
    "Payments collected",
    collected,
    "All payments on their own day, refunds taken off; posted payment steps where no payment of"
    " their own was sent.",
    unit=Unit.MONEY,
    documents=(
        "analytics_daily.payments_collected_cents",
        "analytics_weekly.payments_collected_cents",
        "analytics_monthly.payments_collected_cents",
    ),
)
metric(
    "payments",
    "Payments",
    payments,
    "Payments of zero or more; refunds are not payments.",
)
metric(
    "payments_refunded",
    "Refunded",
    total("payments_refunded", PAYMENTS, "-f.amount_minor", "f.amount_minor < 0", kind=Kind.MINOR),
    "Sum of the negative payments, as a positive amount, on the day of each refund.",
    unit=Unit.MONEY,
    better=Better.DOWN,
)
metric(
    "average_payment",
    "Average payment",
    total("payments_received", PAYMENTS, "f.amount_minor", "f.amount_minor >= 0", kind=Kind.MINOR)
    / count("payments_priced", PAYMENTS, "f.amount_minor >= 0", priced=True),
    "Mean of the payments of zero or more, in one currency.",
    unit=Unit.MONEY,
)
for _kind, _words in (("recurring", "Recurring"), ("one_time", "One-time")):
    _key = f"{_kind}_revenue"
    metric(
        _key,
        f"{_words} revenue",
        total(_key, PAYMENTS, "f.amount_minor", f"f.kind = '{_kind}'", kind=Kind.MINOR),
        f"Payments collected of the kind {_kind}, refunds of that kind taken off.",
        unit=Unit.MONEY,
        documents=(f"revenue.{'recurring' if _kind == 'recurring' else 'oneTime'}",),
    )
metric(
    "payment_fees",
    "Payment fees",
    total("payment_fees", PAYMENTS, "f.fee_minor", kind=Kind.MINOR),
    "What the payment processor kept.",
    unit=Unit.MONEY,
    better=Better.DOWN,
)

UNASSIGNED = {"source": "''", "channel": "''", "campaign": "''"}
SPEND = family(
    "spend",
    "campaign_spend f",
    local_day="f.occurred_on",
    where="f.withdrawn_at IS NULL",
    joins={
        "c": "LEFT JOIN campaigns c ON c.client_id = f.client_id AND c.id = f.campaign_key"
        " AND c.withdrawn_at IS NULL"
    },
    dimensions={
        "source": "coalesce(nullif(f.source, ''), c.source, '')",
        "channel": "coalesce(nullif(f.channel, ''), c.channel, '')",
        "campaign": "coalesce(c.external_id, f.campaign_ref)",
    },
    currency="f.currency",
    identity=Identity("campaign_spend", title="coalesce(c.name, '')", at="f.occurred_at"),
)
FEES = family(
    "fees",
    "plan_fees f",
    local_day="f.day",
    dimensions=UNASSIGNED,
    currency="f.currency",
    identity=Identity(
        "plan_fees",
        id="CAST(f.day AS text) || ':' || f.currency",
        external_id="CAST(f.day AS text)",
        at="CAST(f.day AS timestamp) AT TIME ZONE 'UTC'",
    ),
)
USAGE = family(
    "usage",
    "usage_costs f",
    instant="f.occurred_at",
    where="f.withdrawn_at IS NULL",
    dimensions=UNASSIGNED | {"kind": "f.service"},
    currency="f.currency",
    identity=Identity("usage_costs", title="f.service"),
)
ad_spend = total("ad_spend", SPEND, "f.amount_minor", kind=Kind.MINOR)
clicks = total("ad_clicks", SPEND, "f.clicks", kind=Kind.NUMBER)
fee = total("platform_fee", FEES, "f.amount_minor", kind=Kind.MINOR)
MESSAGE_COSTS = family(
    "message_costs",
    "messages f",
    instant="f.occurred_at",
    where="f.withdrawn_at IS NULL AND f.cost_micros IS NOT NULL",
    dimensions=UNASSIGNED | {"kind": "f.medium"},
    currency="f.currency",
    identity=Identity("messages", title="f.medium", lead="f.lead_key"),
)
billed = total("usage_micros", USAGE, "f.amount_micros", kind=Kind.MICROS)
usage = billed + total(
    "message_cost_micros", MESSAGE_COSTS, "f.cost_micros", kind=Kind.MICROS, unless=billed.key
)
cost = fee + ad_spend + usage

for _key, _label, _formula, _definition, _documents in (
    (
        "ad_spend",
        "Ad spend",
        ad_spend,
        "Money spent on campaigns.",
        ("campaigns.totalSpend", "campaign_metrics.total_spend"),
    ),
    (
        "platform_fee",
        "Platform fee",
        fee,
        "What the client pays the agency: each month's fee spread over its days.",
        (),
    ),
    (
        "usage_cost",
        "Usage costs",
        usage,
        "What services charged; for a medium and month without a bill, what its messages cost.",
        (
            "platform_analytics.total_api_costs_cents",
            "platform_analytics.avg_cost_per_client_cents",
        ),
    ),
    (
        "platform_cost",
        "Platform costs",
        fee + usage,
        "Platform fee and usage costs.",
        ("analytics_monthly.platform_cost_cents",),
    ),
    ("total_cost", "Total costs", cost, "Platform fee, ad spend and usage costs.", ()),
    (
        "cost_per_lead",
        "Cost per lead",
        cost / leads,
        "Platform fee, ad spend and usage costs for every new lead.",
        ("campaigns.costPerLead",),
    ),
    (
        "ad_spend_per_lead",
        "Ad spend per lead",
        ad_spend / leads,
        "Ad spend for every new lead.",
        ("campaign_metrics.cost_per_lead",),
    ),
    (
        "cost_per_job",
        "Cost per job won",
        cost / jobs_won,
        "Platform fee, ad spend and usage costs for every job won.",
        ("campaigns.costPerAcquisition",),
    ),
):
    metric(
        _key,
        _label,
        _formula,
        _definition,
        unit=Unit.MONEY,
        better=Better.DOWN,
        documents=_documents,
    )

metric(
    "return_on_spend",
    "Return on spend",
    revenue_booked / cost,
    "Attributed revenue for every unit of platform fee, ad spend and usage costs.",
    unit=Unit.MULTIPLE,
    documents=("analytics_monthly.roi_multiple",),
)
metric(
    "return_on_ad_spend",
    "Return on ad spend",
    revenue_booked / ad_spend,
    "Attributed revenue for every unit of ad spend alone.",
    unit=Unit.MULTIPLE,
)
metric(
    "roi",
    "Return on investment",
    (revenue_booked - cost) / cost,
    "Attributed revenue less all costs, as a share of the costs.",
    unit=Unit.SHARE,
    documents=("campaigns.roi", "campaign_metrics.roi_percent"),
)
metric(
    "collected_return_on_spend",
    "Collected return on spend",
    collected / cost,
    "Payments collected for every unit of platform fee, ad spend and usage costs.",
    unit=Unit.MULTIPLE,
)
metric("ad_clicks", "Clicks", clicks, "Clicks that campaigns reported.")
metric(
    "ad_impressions",
    "Impressions",
    total("ad_impressions", SPEND, "f.impressions", kind=Kind.NUMBER),
    "Impressions that campaigns reported.",
)
