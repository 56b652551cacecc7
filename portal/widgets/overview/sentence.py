"""The sentence that opens the page: the answer before the evidence."""

from decimal import Decimal

from portal.catalog.query import Compare
from portal.catalog.result import Result
from portal.core.units import figure, share

SAME = Decimal("0.005")
LEAD_WORDS = {"clinic": "patients", "fund": "backers", "outreach": "prospects"}


def sentence(totals: Result, trade: str) -> str:
    """Say how revenue stands against what it is compared with, and what brought it."""
    revenue = totals.total["revenue_booked"]
    worth = figure(revenue, "money", currency=totals.currency)
    leads, jobs = totals.total["leads"], totals.total["jobs_won"]
    noun = LEAD_WORDS.get(trade, "leads")
    if leads == 1:
        noun = noun.removesuffix("s")
    brought = f"{figure(leads, 'count')} {noun} and {figure(jobs, 'count')} won"
    if not revenue and not leads and not jobs:
        return f"Nothing came in these days: no {noun} and no revenue."
    if not revenue:
        return f"No revenue in these days, from {brought}."
    change = totals.total.change("revenue_booked")
    if change is None:
        return f"Revenue is {worth}, from {brought}."
    against = "the same days last year" if totals.query.compare is Compare.YEAR else "before"
    if abs(change) < SAME:
        return f"Revenue is {worth}, as much as {against}, from {brought}."
    word = "ahead of" if change > 0 else "behind"
    period = "last year" if totals.query.compare is Compare.YEAR else "the previous period"
    return f"Revenue is {share(abs(change))} {word} {period}: {worth}, from {brought}."
