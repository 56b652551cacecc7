"""The bar above a page: which period, compared with what, filtered by what; each choice a link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from portal.core.calendar import Period

PRESETS: Sequence[Sequence[tuple[str, str, str]]] = (
    (
        ("today", "Today", "D"),
        ("yesterday", "Yesterday", "E"),
        ("7d", "Last 7 days", "W"),
        ("30d", "Last 30 days", "T"),
        ("90d", "Last 90 days", "N"),
    ),
    (
        ("mtd", "Month to date", "M"),
        ("last_month", "Last month", "P"),
        ("qtd", "Quarter to date", "Q"),
        ("ytd", "Year to date", "Y"),
        ("12mo", "Last 12 months", "L"),
    ),
    (("all", "All time", "A"),),
)
LABELS = {key: label for group in PRESETS for key, label, _ in group} | {
    "24h": "Last 24 hours",
    "1y": "Last year",
    "custom": "Custom dates",
}
COMPARES = {
    "none": "Nothing",
    "previous": "Previous period",
    "year": "Same period last year",
    "custom": "Custom",
}
COMPARE_NAMES = {**COMPARES, "year": "Last year", "custom": "Custom period"}
INTERVALS = {"": "Automatic", "day": "Day", "week": "Week", "month": "Month"}
OF_DATES = frozenset({"period", "from", "to", "page"})
OF_COMPARISON = frozenset({"compare", "cfrom", "cto", "match"})

Args = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose, with its address."""

    key: str
    label: str
    href: str
    current: bool
    letter: str = ""
    dates: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force; `href` is the page without it."""

    label: str
    value: str
    href: str


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What the address asked for, already resolved to days.

    Args:
        period: key of a preset, or custom.
        days: the days shown.
        compare: none, previous, year or custom.
        against: days compared with, by key of `compare`; a key that is missing shows no dates.
        match: whether weekdays are lined up.
    """

    period: str
    days: Period
    zone: str
    compare: str = "previous"
    against: Mapping[str, Period] = field(default_factory=dict)
    match: bool = True
    interval: str = ""


@dataclass(frozen=True, slots=True)
class FilterBar:
    """What the macro `filter_bar` draws."""

    path: str
    period: str
    label: str
    dates: str
    from_on: str
    to_on: str
    zone: str
    presets: Sequence[Sequence[Choice]]
    compare: str
    compare_label: str
    compares: Sequence[Choice]
    compare_from: str
    compare_to: str
    toggle_compare: str
    match: bool
    interval: str
    intervals: Sequence[tuple[str, str]]
    chips: Sequence[Chip]
    kept: Args
    as_of: str


def filter_bar(
    path: str,
    args: Args,
    asked: Asked,
    *,
    chips: Sequence[Chip] = (),
    as_of: str = "",
) -> FilterBar:
    """
    Build the bar of the page at `path` from its arguments and what they came to.

    Args:
        path: the page's own, without arguments.
        args: its arguments, in order, repeated ones too.
        asked: the same, resolved.
        chips: filters in force; see `without`.
        as_of: a clock time on the client's wall.
    """
    other = asked.against.get(asked.compare)
    custom = asked.compare == "custom" and other
    return FilterBar(
        path=path,
        period=asked.period,
        label=LABELS.get(asked.period, "Custom dates"),
        dates=days_in_words(asked.days),
        from_on=asked.days.start.isoformat(),
        to_on=asked.days.last.isoformat(),
        zone=asked.zone,
        presets=_presets(path, args, asked.period),
        compare=asked.compare,
        compare_label=COMPARE_NAMES[asked.compare],
        compares=_compares(path, args, asked),
        compare_from=other.start.isoformat() if custom and other else "",
        compare_to=other.last.isoformat() if custom and other else "",
        toggle_compare=_href(
            path, args, OF_COMPARISON, compare="previous" if asked.compare == "none" else "none"
        ),
        match=asked.match,
        interval=asked.interval,
        intervals=tuple(INTERVALS.items()),
        chips=chips,
        kept=[(k, v) for k, v in args if k not in OF_DATES | OF_COMPARISON | {"interval"}],
        as_of=as_of,
    )


def without(path: str, args: Args, name: str, value: str) -> str:
    """Return the page's address without one argument, for the cross of a chip."""
    return _address(path, [pair for pair in args if pair != (name, value) and pair[0] != "page"])


def days_in_words(period: Period, *, this_year: int | None = None) -> str:
    """
    Write a period: "Nov 19", "Oct 21 – Nov 19", "Dec 3, 2025 – Jan 2, 2026".

    A year other than `this_year` is said too: "Oct 22 – Nov 20, 2025".
    """
    first, last = period.start, period.last
    both = first.year != last.year
    other = this_year not in {None, last.year}
    if first == last:
        return _day(first, year=other)
    return f"{_day(first, year=both)} – {_day(last, year=both or other)}"


def _day(day: date, *, year: bool = False) -> str:
    return f"{day:%b} {day.day}, {day.year}" if year else f"{day:%b} {day.day}"


def _presets(path: str, args: Args, period: str) -> list[list[Choice]]:
    return [
        [
            Choice(key, label, _href(path, args, OF_DATES, period=key), key == period, letter)
            for key, label, letter in group
        ]
        for group in PRESETS
    ]


def _compares(path: str, args: Args, asked: Asked) -> list[Choice]:
    return [
        Choice(
            key,
            COMPARES[key],
            _href(path, args, frozenset({"compare", "page"}), compare=key),
            key == asked.compare,
            dates=days_in_words(asked.against[key], this_year=asked.days.last.year)
            if key in asked.against
            else "",
        )
        for key in COMPARES
    ]


def _href(path: str, args: Args, dropped: frozenset[str], **added: str) -> str:
    return _address(path, [pair for pair in args if pair[0] not in dropped] + list(added.items()))


def _address(path: str, args: Args) -> str:
    return f"{path}?{urlencode(args)}" if args else path
