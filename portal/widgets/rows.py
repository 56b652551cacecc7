"""What stands behind a figure: its definition in force, its days, its formula, its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from portal.catalog.dimension import label_of
from portal.catalog.result import Result
from portal.catalog.rows import FactRow, Rows, RowsQuery
from portal.core.calendar import Calendar
from portal.core.units import Unit, count, figure, money_exact
from portal.widgets.filter_bar import days_in_words
from portal.widgets.overview.figures import label_for

FACTS = {
    "funnel_events": "Funnel event",
    "campaign_spend": "Ad spend",
    "usage_costs": "Usage cost",
    "plan_fees": "Platform fee",
}


@dataclass(frozen=True)
class Line:
    """One row in words."""

    title: str
    about: str
    source: str
    at: datetime
    day: str
    value: str


@dataclass(frozen=True)
class Behind:
    """Everything that the drawer shows."""

    title: str
    value: str
    definition: str
    formula: str
    version: int
    days: str
    zone: str
    interval: str
    as_of: str
    filters: str
    parts: Sequence[tuple[str, str]]
    part_label: str
    lines: Sequence[Line]
    sum: str
    """How many rows, and what they add up to where that is another number."""


def behind(
    question: RowsQuery, found: Rows, result: Result, calendar: Calendar, trade: str
) -> Behind:
    """Put a figure and its rows into words."""
    metric = question.of.asked[0]
    numerator, denominator = metric.parts
    start, end = (f"{at:%Y-%m-%d %H:%M}" for at in vars(result.interval).values())
    parts = [("numerator", numerator.text())]
    if denominator is not None:
        parts.append(("denominator", denominator.text()))
    money = any(row.currency for row in found.items)
    return Behind(
        title=label_for(metric.key, trade),
        value=figure(result.total[metric.key], metric.unit, currency=result.currency),
        definition=metric.definition,
        formula=metric.formula.text(),
        version=metric.version,
        days=days_in_words(question.of.period),
        zone=result.zone,
        interval=f"{start} to {end} UTC",
        as_of=f"{calendar.local(result.as_of):%b %-d, %H:%M}",
        filters=", ".join(
            f"{one.dimension} {one.op.replace('_', ' ')} "
            + " or ".join(label_of(one.dimension, value) for value in one.values)
            for one in question.of.filters
        ),
        parts=parts if denominator is not None else [],
        part_label=dict(parts)[question.part],
        lines=[_line(row, calendar) for row in found.items],
        sum=_sum(found, result.currency if money else ""),
    )


def _line(row: FactRow, calendar: Calendar) -> Line:
    fact = FACTS.get(row.fact) or row.fact.rstrip("s").replace("_", " ").capitalize()
    source = row.dimensions.get("source", "")
    local = calendar.local(row.at)
    return Line(
        title=row.title or f"{fact} {row.external_id}",
        about=f"{fact} {row.external_id}",
        source=label_of("source", source) if source else "",
        at=row.at,
        day=f"{local:%b %-d, %H:%M}",
        value=_amount(row.value, row.currency),
    )


def _sum(found: Rows, currency: str) -> str:
    words = f"{count(found.count)} {'row' if found.count == 1 else 'rows'}"
    if not currency and found.total == found.count:
        return words
    return f"{words}, {_amount(found.total, currency)} in all"


def _amount(value: Decimal | None, currency: str) -> str:
    if currency:
        return money_exact(value, currency)
    return figure(value, Unit.COUNT)
