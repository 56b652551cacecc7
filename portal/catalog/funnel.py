"""
The funnel: the same leads, step by step, in order, within a window.

The leads are those of the period. A step counts when it follows the step before it, within the
window that opens with the lead. A step that none of the period's leads ever had is not measured,
and skipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from portal.catalog import passes
from portal.catalog.asking import Asking, Statement, asking_for
from portal.catalog.compare import Side, sides_of
from portal.catalog.compiler import condition, value_of
from portal.catalog.metrics.leads import LEADS
from portal.catalog.query import Query
from portal.core.calendar import Calendar
from portal.core.errors import BadQuery

FIRST = "lead_created"
LABELS = {
    FIRST: "New lead",
    "first_response": "First response",
    "qualified": "Qualified",
    "appointment_booked": "Appointment",
    "quote_requested": "Quote requested",
    "quote_sent": "Quote sent",
    "quote_accepted": "Quote accepted",
    "job_won": "Job won",
    "job_lost": "Job lost",
    "payment_received": "Payment received",
    "review_requested": "Review requested",
    "review_received": "Review received",
}
STEPS = (FIRST, "first_response", "qualified", "appointment_booked", "quote_sent", "job_won")
WINDOW_DAYS = 90
MAX_WINDOW_DAYS = 3660


@dataclass(frozen=True)
class FunnelQuery:
    """
    Which leads, through which steps, within how many days of each lead.

    `of` gives the period, its comparison, the filters, and at most one dimension to break down by;
    its metric is `leads`.
    """

    of: Query
    steps: tuple[str, ...] = STEPS
    window_days: int = WINDOW_DAYS

    def __post_init__(self) -> None:
        if self.steps[:1] != (FIRST,) or len(set(self.steps)) < len(self.steps):
            raise BadQuery("a funnel starts with lead_created and has no step twice", field="steps")
        if unknown := [step for step in self.steps if step not in LABELS]:
            raise BadQuery(f"no step named {unknown[0]}", field="steps")
        if not 1 <= self.window_days <= MAX_WINDOW_DAYS:
            raise BadQuery(f"a window has 1 to {MAX_WINDOW_DAYS} days", field="window_days")
        if len(self.of.dimensions) > 1:
            raise BadQuery("break a funnel down by one dimension", field="dimensions")


@dataclass(frozen=True)
class FunnelStep:
    """One step of the leads that are still there."""

    key: str
    label: str
    leads: int
    of_first: Decimal | None
    """Share of the period's leads that got here."""
    of_previous: Decimal | None
    """Share of the leads at the step before that got here."""
    dropped: int
    """Leads of the step before that did not get here (yet)."""
    median_seconds: Decimal | None
    """From the step before, of those that got here."""


@dataclass(frozen=True)
class FunnelResult:
    """The measured steps in order, and what the last one brought."""

    steps: tuple[FunnelStep, ...]
    not_measured: tuple[str, ...]
    rate: Decimal | None
    """Leads at the last step per lead of the period; None without leads."""
    median_seconds: Decimal | None
    """From lead to last step."""
    value_minor: Decimal
    """Value of the jobs won by leads that got there, in the question's currency."""
    jobs: int
    """How many of those jobs have a value in that currency."""
    currency: str
    by: dict[str, tuple[FunnelStep, ...]]
    """The same steps for each value of the dimension, if one was asked for."""


def funnel(
    question: FunnelQuery, calendar: Calendar, client_id: UUID, *, at: datetime | None = None
) -> tuple[FunnelResult, FunnelResult | None]:
    """Follow the period's leads, and those of the compared period; inside `acting_as`."""
    asking = asking_for(client_id, calendar, at=at)
    own, other = sides_of(question.of, calendar, asking.now)
    return _follow(asking, question, own), _follow(asking, question, other) if other else None


def _follow(asking: Asking, question: FunnelQuery, side: Side) -> FunnelResult:
    measured = _measured(asking, question, side)
    steps = [step for step in question.steps if step in measured or step == FIRST]
    currency = question.of.currency or asking.calendar.currency
    statement = _base(asking, question, side)
    statement.binds |= {"window": f"{question.window_days} days", "currency": currency}
    links = "".join(_link(number, step) for number, step in enumerate(steps) if number)
    statement.sql = _counted(question, steps, f" FROM ({statement.sql}) b{links}")
    by: dict[str, tuple[FunnelStep, ...]] = {}
    total: tuple[Any, ...] = (None, *[0] * len(steps), *[None] * len(steps), 0, 0)
    for row in asking.fetch(statement):
        if row[0] is None:
            total = row
        else:
            by[row[0]] = _steps(steps, row)
    made = _steps(steps, total)
    last = made[-1]
    return FunnelResult(
        steps=made,
        not_measured=tuple(step for step in question.steps if step not in steps),
        rate=last.of_first,
        median_seconds=_decimal(total[2 * len(steps)]) if len(steps) > 1 else None,
        value_minor=Decimal(total[-2] or 0),
        jobs=int(total[-1] or 0),
        currency=currency,
        by=by,
    )


def _base(asking: Asking, question: FunnelQuery, side: Side) -> Statement:
    """Select the period's leads, with the value of the dimension to break down by."""
    filters = list(enumerate(question.of.filters))
    where = [condition(n, one, LEADS.dimensions[one.dimension]) for n, one in filters]
    by = LEADS.dimensions[question.of.dimensions[0]] if question.of.dimensions else "''"
    made = Statement(
        f"SELECT f.id, f.occurred_at AS t0, {by} AS by FROM "
        + passes.relation(LEADS, [*where, by])
        + " WHERE f.client_id = :client AND f.occurred_at >= :start AND f.occurred_at < :end"
        + passes.conditions(LEADS.where)
        + passes.conditions(*where),
        {"client": asking.client_id, "start": side.starts_at, "end": side.ends_at},
    )
    made.binds |= {f"f{number}": value_of(one) for number, one in filters}
    return made


def _measured(asking: Asking, question: FunnelQuery, side: Side) -> set[str]:
    """Tell which steps any of the leads ever had."""
    made = _base(asking, question, side)
    made.sql = (
        f"SELECT DISTINCT s.kind FROM ({made.sql}) b JOIN steps s"
        " ON s.client_id = :client AND s.lead_id = b.id"
    )
    return {row[0] for row in asking.fetch(made)}


def _link(number: int, step: str) -> str:
    """Write how a lead gets from the step before to this one; the first is the lead itself."""
    value = ""
    if step == "job_won":
        value = (
            ", sum(s.value_minor) FILTER (WHERE s.currency = :currency) AS value,"
            " count(s.value_minor) FILTER (WHERE s.currency = :currency) AS jobs"
        )
    return (
        f" LEFT JOIN LATERAL (SELECT min(s.occurred_at) AS t{number}{value} FROM"
        # OFFSET 0: find a lead's few steps first, whatever the planner thinks of instants.
        " (SELECT * FROM steps x WHERE x.client_id = :client AND x.lead_id = b.id OFFSET 0) s"
        f" WHERE s.kind = '{step}'"
        f" AND s.occurred_at >= {'b' if number == 1 else f's{number - 1}'}.t{number - 1}"
        f" AND s.occurred_at < b.t0 + CAST(:window AS interval)) s{number} ON true"
    )


def _counted(question: FunnelQuery, steps: Sequence[str], source: str) -> str:
    """Write the counts and medians, in total and by the dimension."""
    at = ["b.t0", *(f"s{n}.t{n}" for n in range(1, len(steps)))]
    counts = [f"count({one})" for one in at]
    gaps = [f"{b} - {a}" for a, b in pairwise(at)]
    gaps.append(f"{at[-1]} - b.t0")
    medians = [
        f"percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM {gap}))" for gap in gaps
    ]
    won = steps.index("job_won") if "job_won" in steps[1:] else 0
    money = [f"sum(s{won}.value)", f"sum(s{won}.jobs)"] if won else ["0", "0"]
    columns = ", ".join([*counts, *medians, *money])
    if not question.of.dimensions:
        return f"SELECT NULL, {columns}{source}"
    return f"SELECT b.by, {columns}{source} GROUP BY GROUPING SETS ((b.by), ())"


def _steps(steps: Sequence[str], row: tuple[Any, ...]) -> tuple[FunnelStep, ...]:
    counts = [int(value) for value in row[1 : len(steps) + 1]]
    medians = row[len(steps) + 1 : 2 * len(steps)]
    return tuple(
        FunnelStep(
            key=step,
            label=LABELS[step],
            leads=counts[n],
            of_first=_share(counts[n], counts[0]),
            of_previous=_share(counts[n], counts[n - 1]) if n else None,
            dropped=counts[n - 1] - counts[n] if n else 0,
            median_seconds=_decimal(medians[n - 1]) if n else None,
        )
        for n, step in enumerate(steps)
    )


def _share(part: int, of: int) -> Decimal | None:
    return Decimal(part) / of if of else None


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
