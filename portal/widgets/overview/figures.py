"""The big cards, the strip below them, and the definitions of what they show."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.catalog.metric import Better, Metric
from portal.catalog.result import Result
from portal.catalog.subjects import METRICS
from portal.core import units
from portal.core.units import Unit
from portal.widgets.change import Change, change
from portal.widgets.overview.links import Links
from portal.widgets.sparkline import Sparkline, sparkline

CARDS = ("revenue_booked", "leads", "jobs_won", "return_on_spend")
STRIP = (
    "lead_to_job_rate",
    "speed_to_lead_median",
    "cost_per_lead",
    "ai_handled_rate",
    "payments_collected",
)
COSTS = frozenset({"cost_per_lead", "ad_spend_per_lead", "cost_per_job"})
NO_SPEND = "no spend"
SHORT = {
    "revenue_booked": "Attributed revenue",
    "speed_to_lead_median": "Median first response",
    "ai_handled_rate": "Handled by assistant",
}
WORDS = {
    "contractor": {},
    "clinic": {
        "leads": "New patients",
        "jobs_won": "Visits",
        "lead_to_job_rate": "Lead-to-visit rate",
    },
    "fund": {
        "leads": "New backers",
        "jobs_won": "Pledges",
        "lead_to_job_rate": "Backer-to-pledge rate",
    },
    "outreach": {
        "leads": "New prospects",
        "jobs_won": "Deals won",
        "lead_to_job_rate": "Lead-to-deal rate",
    },
}
"""The words of each trade; keys never change."""
FUNNEL = (
    "The leads that arrived in these days, followed through the steps in their order. Each lead"
    " counts once in a step, and only after all steps before it. Times are medians."
)


@dataclass(frozen=True)
class Figure:
    """One figure in words, with what it is compared with and the rows behind it."""

    id: str
    label: str
    value: str
    unit: str
    change: Change | None
    before: str
    line: Sparkline | None
    href: str
    rows: str
    note: str = ""
    refresh: str = ""


@dataclass(frozen=True)
class Definition:
    """What a figure means, and for which days it stands."""

    id: str
    label: str
    text: str
    formula: str
    about: str


def cards(totals: Result, series: Result, links: Links, trade: str) -> list[Figure]:
    """Make the big cards, each with its series as a sparkline."""
    return [_figure(key, totals, links, trade, series) for key in CARDS]


def strip(totals: Result, links: Links, trade: str) -> list[Figure]:
    """Make the row of smaller figures."""
    return [_figure(key, totals, links, trade) for key in STRIP]


def label_for(key: str, trade: str) -> str:
    """Name a metric in the words of the client's trade."""
    return WORDS.get(trade, {}).get(key) or SHORT.get(key) or METRICS[key].label


def definitions(totals: Result, about: str, trade: str) -> list[Definition]:
    """Say what every figure of the page means."""
    return [
        Definition(
            key,
            label_for(key, trade),
            METRICS[key].definition,
            METRICS[key].formula.text(),
            about,
        )
        for key in totals.query.metrics
    ]


def of_funnel(about: str) -> Definition:
    """Say how the funnel counts."""
    return Definition("funnel", "Lead funnel", FUNNEL, "", about)


def _figure(
    key: str, totals: Result, links: Links, trade: str, series: Result | None = None
) -> Figure:
    metric, value, before = METRICS[key], totals.total[key], totals.total.before(key)
    if key in COSTS and not value:
        # Nothing spent is no cheap lead: there is no cost to speak of.
        value = None
    label = label_for(key, trade)
    return Figure(
        id=key,
        label=label,
        value=units.figure(value, metric.unit, currency=totals.currency),
        unit="",
        change=change(value, before, unit=metric.unit, better=_better(metric)),
        before=""
        if before is None
        else units.figure(before, metric.unit, currency=totals.currency),
        line=_line(key, label, series) if series else None,
        href=links.page(key),
        rows=links.drawer(key),
        note=_note(metric, totals, value),
    )


def _line(key: str, label: str, series: Result) -> Sparkline | None:
    values: Sequence[Decimal | None] = [row[key] for row in series.rows]
    earlier = [row.before(key) for row in series.rows]
    if not any(value is not None for value in values):
        return None
    words = f"{label} by {series.query.grain}, {len(values)} values"
    return sparkline(values, earlier if series.compared else (), label=words)


def _better(metric: Metric) -> str:
    return "" if metric.better is Better.NEITHER else metric.better.value


def _note(metric: Metric, totals: Result, value: Decimal | None) -> str:
    """Say why there is no figure, or what is left out: currencies are never added up."""
    if value is None and (metric.key in COSTS or metric.key == "return_on_spend"):
        return NO_SPEND
    if metric.unit is not Unit.MONEY or not totals.other_currencies:
        return ""
    return f"Without amounts in {', '.join(totals.other_currencies)}"
