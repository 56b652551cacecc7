"""The lead funnel as the page draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

from portal.catalog.funnel import LABELS, FunnelResult, FunnelStep
from portal.core.units import duration, money, share
from portal.widgets.overview.links import Links

LOW = Decimal("0.5")
ROWS = {
    "lead_created": "leads",
    "first_response": "first_responses",
    "qualified": "leads_qualified",
    "appointment_booked": "appointments_booked",
    "quote_sent": "quotes_sent",
    "job_won": "jobs_won",
}
"""Which metric's rows a step opens."""
WORDS = {
    "clinic": ("New patient", "Visit", "patients", "visits", "a visit"),
    "fund": ("New backer", "Pledge", "backers", "pledges", "a pledge"),
    "outreach": ("New prospect", "Deal won", "prospects", "deals", "a deal"),
}
"""By trade: the first step, the last, who they are, what they become, and one of it."""
USUAL = (LABELS["lead_created"], LABELS["job_won"], "leads", "jobs", "a job")


@dataclass(frozen=True)
class Stage:
    """One step: how many leads, how high its bar stands (0…100), how many go on."""

    label: str
    leads: int
    share: Decimal | None
    height: str
    top: str
    link: str
    """Points of the slope to the next bar, '' on the last."""
    rate: Decimal | None
    seconds: Decimal | None
    dropped: int
    is_low: bool
    href: str
    rows: str


@dataclass(frozen=True)
class Funnel:
    """The steps and what they come to."""

    steps: Sequence[Stage]
    sentence: str
    worth: str
    worth_each: str
    unmeasured: str
    who: str
    """What the trade calls leads."""


def funnel(result: FunnelResult, links: Links, trade: str = "") -> Funnel:
    """Draw a funnel; without leads it has no steps."""
    steps = result.steps if result.steps[0].leads else ()
    pairs = list(zip_longest(steps, steps[1:]))
    jobs, words = max(result.jobs, 1), WORDS.get(trade, USUAL)
    labels = {**LABELS, "lead_created": words[0], "job_won": words[1]}
    return Funnel(
        steps=[_stage(step, after, links, labels[step.key]) for step, after in pairs],
        sentence=_sentence(result, words) if steps else "",
        worth=f"{money(result.value_minor, result.currency)} won" if result.jobs else "",
        worth_each=f"{money(result.value_minor / jobs, result.currency)} {words[4]}",
        unmeasured=", ".join(labels[key].lower() for key in result.not_measured) if steps else "",
        who=words[2],
    )


def _stage(step: FunnelStep, after: FunnelStep | None, links: Links, label: str) -> Stage:
    height = float(step.of_first or 0) * 100
    link = ""
    if after is not None:
        next_height = float(after.of_first or 0) * 100
        link = f"46,{100 - height:.1f} 100,{100 - next_height:.1f} 100,100 46,100"
    metric = ROWS.get(step.key, "leads")
    return Stage(
        label=label,
        leads=step.leads,
        share=step.of_first,
        height=f"{height:.1f}",
        top=f"{100 - height:.1f}",
        link=link,
        rate=after.of_previous if after else None,
        seconds=after.median_seconds if after else None,
        dropped=after.dropped if after else 0,
        is_low=bool(after and after.of_previous is not None and after.of_previous < LOW),
        href=links.page(metric),
        rows=links.drawer(metric),
    )


def _sentence(result: FunnelResult, words: Sequence[str]) -> str:
    last = result.steps[-1]
    end = f"become {words[3]}" if last.key == "job_won" else f"reach “{last.label.lower()}”"
    said = f"{share(last.of_first)} of {words[2]} {end}"
    if last.key == "job_won" and result.median_seconds is not None:
        said += f", median {duration(result.median_seconds)}"
    return said
