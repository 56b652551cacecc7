"""Arguments of a page's address → a question: period, comparison, filters. Bad ones are dropped."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from portal.catalog.compare import sides_of
from portal.catalog.dimension import DIMENSION, label_of
from portal.catalog.presets import DEFAULT, PRESETS, grain_for
from portal.catalog.query import Compare, Filter, Op, Query, Span
from portal.core.calendar import Calendar, Grain, Period
from portal.core.errors import BadQuery
from portal.widgets.filter_bar import Asked, Chip, without

CUSTOM = "custom"
INTERVALS = {"day": Grain.DAY, "week": Grain.WEEK, "month": Grain.MONTH}
NOT_FOR_PARTS = ("rows", "page", "cursor", "part")


@dataclass(frozen=True)
class Wish:
    """What an address asks for, resolved; `dropped` names arguments that made no sense."""

    base: Query
    """Metric leads: others are put in with `asking`."""
    asked: Asked
    grain: Grain
    dropped: list[str] = field(default_factory=list)

    def asking(self, *metrics: str, **changes: object) -> Query:
        """Ask for other metrics over the same period, comparison and filters."""
        return replace(self.base, metrics=metrics, **changes)  # type: ignore[arg-type]


def wish_of(
    args: MultiDict[str, str], calendar: Calendar, first: date | None, at: datetime
) -> Wish:
    """
    Resolve the arguments of a page.

    Args:
        args: period, from, to, compare, cfrom, cto, match, interval, f.
        calendar: the client's.
        first: the first day with data, for "all".
        at: now.
    """
    dropped: list[str] = []
    key, period, span = _period(args, calendar, first, dropped)
    compare, compared = _compare(args, dropped)
    match = (args.getlist("match") or ["weekday"])[0] == "weekday"
    base = Query(
        ("leads",),
        period,
        compare=compare,
        compared=compared,
        match_weekday=match,
        filters=tuple(_filters(args, dropped)),
        span=span,
    )
    interval = args.get("interval", "")
    if interval and interval not in INTERVALS:
        dropped.append("interval")
        interval = ""
    asked = Asked(
        key, period, calendar.zone, compare.value, _against(base, calendar, at), match, interval
    )
    return Wish(base, asked, INTERVALS.get(interval) or grain_for(period, span), dropped)


def chips_of(path: str, args: MultiDict[str, str], wish: Wish) -> list[Chip]:
    """List the filters in force, each with the address without it."""
    pairs = list(args.items(multi=True))
    return [
        Chip(
            DIMENSION[one.dimension].label,
            " or ".join(label_of(one.dimension, value) for value in one.values),
            without(path, pairs, "f", f"{one.dimension}:{one.op}:{'|'.join(one.values)}"),
        )
        for one in wish.base.filters
    ]


def kept(args: MultiDict[str, str]) -> dict[str, Any]:
    """Give the arguments that the parts of a page need to ask the same question."""
    return {name: args.getlist(name) for name in args if name not in NOT_FOR_PARTS}


def _period(
    args: MultiDict[str, str], calendar: Calendar, first: date | None, dropped: list[str]
) -> tuple[str, Period, Span]:
    key = args.get("period", DEFAULT)
    if key == CUSTOM:
        if (days := _days(args, "from", "to")) is not None:
            return CUSTOM, days, Span.DAYS
        dropped.append("from and to")
        key = DEFAULT
    if key not in PRESETS:
        dropped.append("period")
        key = DEFAULT
    return key, PRESETS[key].of(calendar, first), PRESETS[key].span


def _days(args: MultiDict[str, str], start: str, end: str) -> Period | None:
    """Read two dates, the last one included; None when they make no period."""
    try:
        first, last = (date.fromisoformat(args.get(name, "")) for name in (start, end))
        made = Period(first, date.fromordinal(last.toordinal() + 1))
        Query(("leads",), made)
    except (ValueError, OverflowError, BadQuery):
        return None
    return made


def _compare(args: MultiDict[str, str], dropped: list[str]) -> tuple[Compare, Period | None]:
    text = args.get("compare", Compare.PREVIOUS)
    if text == Compare.CUSTOM:
        if (days := _days(args, "cfrom", "cto")) is not None:
            return Compare.CUSTOM, days
        dropped.append("cfrom and cto")
    elif text in set(Compare):
        return Compare(text), None
    else:
        dropped.append("compare")
    return Compare.PREVIOUS, None


def _filters(args: MultiDict[str, str], dropped: list[str]) -> list[Filter]:
    found = []
    for text in args.getlist("f")[:20]:
        dimension, _, rest = text.partition(":")
        op, _, values = rest.partition(":")
        try:
            made = Filter(dimension, Op(op), tuple(values.split("|")))
            Query(
                ("leads", "revenue_booked"),
                Period(date(2000, 1, 1), date(2000, 1, 2)),
                filters=(made,),
            )
        except (ValueError, BadQuery):
            dropped.append("f")
        else:
            found.append(made)
    return found


def _against(base: Query, calendar: Calendar, at: datetime) -> Mapping[str, Period]:
    """Resolve every comparison that may be chosen, to show its days."""
    found = {}
    for compare in (Compare.PREVIOUS, Compare.YEAR, base.compare):
        if compare is Compare.NONE:
            continue
        compared = base.compared if compare is Compare.CUSTOM else None
        _, other = sides_of(replace(base, compare=compare, compared=compared), calendar, at)
        if other is not None:
            found[compare.value] = other.period
    return found
