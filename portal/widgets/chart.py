"""One chart as a frozen value; the page's script, our SVG renderer and its table all read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.core.units import LOCALE, Number, Unit, figure, figure_short
from portal.widgets.axes import Span, span_of

KINDS = frozenset({"line", "area", "dash", "band", "edge", "bar", "points"})
MARKS = frozenset({"event", "goal", "zone", "zero", "point"})
UNSAID = frozenset({"band", "edge"})
"""Kinds that only bound a band: no tooltip, no legend, no column."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One panel: its unit and share of the height; `minimum` and `maximum` only widen."""

    unit: str = Unit.COUNT
    weight: float = 1
    stacked: bool = False
    zero: bool = True
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """
    Values for the labels, in the unit of its axis; None is a gap.

    kind: line, area, dash, bar, points; edge and band (a band fills to the edge before it).
    color: a token name, such as viz-1, viz-prev, brand. soft: opacity of a bar, 0 is full.
    """

    label: str
    values: Sequence[Number | None]
    kind: str = "line"
    color: str = "viz-1"
    axis: str = "y"
    stack: str = ""
    soft: float = 0
    end: str = ""
    order: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of series {self.kind!r}")


@dataclass(frozen=True, slots=True)
class Mark:
    """
    Something to point out, by index on the x axis or value on a y axis.

    event: a letter (`tag`) at `start`; zone: from `start` to `end`, shaded, with a label; goal: a
    line at `at`; point: a ring at (`start`, `at`); zero: a line at zero.
    """

    kind: str
    start: int = 0
    end: int = 0
    at: float = 0
    label: str = ""
    tag: str = ""
    axis: str = "y"

    def __post_init__(self) -> None:
        if self.kind not in MARKS:
            raise ValueError(f"unknown kind of mark {self.kind!r}")


@dataclass(frozen=True, slots=True)
class Table:
    """The same numbers as words in rows."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A name with the key that stands before it."""

    label: str
    key: str
    cls: str


@dataclass(frozen=True)
class ChartSpec:
    """
    A chart. `label` is the sentence for who can't see it; `titles` are long forms of the labels.

    The first axis is the top panel. Two scales never share one panel.
    """

    label: str
    labels: Sequence[str]
    series: Sequence[Series]
    titles: Sequence[str] = ()
    axes: Mapping[str, Axis] = field(default_factory=lambda: {"y": Axis()})
    marks: Sequence[Mark] = ()
    currency: str = "USD"
    locale: str = LOCALE
    x_title: str = "Day"

    def __post_init__(self) -> None:
        for series in self.series:
            if len(series.values) != len(self.labels):
                raise ValueError(f"{series.label!r} has {len(series.values)} values, "
                                 f"the chart {len(self.labels)} labels")  # fmt: skip
            if series.axis not in self.axes:
                raise ValueError(f"{series.label!r} is on {series.axis!r}, which is no axis")

    @property
    def has_bars(self) -> bool:
        """Whether points stand in the middle of bands rather than on the edge."""
        return any(series.kind == "bar" for series in self.series)

    def span(self, name: str) -> Span:
        """Return the range and ticks of one axis."""
        axis = self.axes[name]
        mine = [series for series in self.series if series.axis == name]
        goals = [mark.at for mark in self.marks if mark.axis == name and mark.kind == "goal"]
        heaviest = max(other.weight for other in self.axes.values())
        return span_of(
            [*_extremes(mine, stacked=axis.stacked), *goals],
            unit=axis.unit,
            wanted=max(2, round(5 * axis.weight / heaviest)),
            zero=axis.zero or any(series.kind in {"bar", "area"} for series in mine),
            bounds=(axis.minimum, axis.maximum),
        )

    def text(self, series: Series, value: Number | None) -> str:
        """Return one value in full."""
        unit = self.axes[series.axis].unit
        return figure(value, unit, currency=self.currency, locale=self.locale)

    def ticks(self, name: str) -> list[str]:
        """Return the words at the ticks of one axis."""
        unit = self.axes[name].unit
        return [
            figure_short(tick, unit, currency=self.currency, locale=self.locale)
            for tick in self.span(name).ticks
        ]

    def to_json(self) -> dict[str, Any]:
        """Return what `data-spec` holds: values, and every number that is read as words."""
        return {
            "labels": list(self.labels),
            "titles": list(self.titles),
            "axes": [self._axis(name) for name in self.axes],
            "series": [self._series(series) for series in self.series],
            "marks": [_mark(mark) for mark in self.marks],
        }

    def table(self) -> Table:
        """Return the numbers of the chart as a table, one row a label."""
        said = [series for series in self.series if series.kind not in UNSAID]
        names = self.titles or self.labels
        return Table(
            (self.x_title, *(series.label for series in said)),
            [
                (name, *(self.text(series, series.values[at]) for series in said))
                for at, name in enumerate(names)
            ],
        )

    def legend(self) -> list[LegendEntry]:
        """Return the entries of the legend, in the order of the series."""
        return [
            LegendEntry(series.label, *_key(series))
            for series in self.series
            if series.kind not in UNSAID
        ]

    def _axis(self, name: str) -> dict[str, Any]:
        axis, span = self.axes[name], self.span(name)
        return {
            "name": name,
            "min": span.low,
            "max": span.high,
            "ticks": list(span.ticks),
            "tick_texts": self.ticks(name),
            "weight": axis.weight,
            "stacked": axis.stacked,
        }

    def _series(self, series: Series) -> dict[str, Any]:
        return {
            "label": series.label,
            "kind": series.kind,
            "data": [None if value is None else float(value) for value in series.values],
            "texts": [self.text(series, value) for value in series.values],
            "color": series.color,
            "axis": series.axis,
            "order": series.order,
            **({"stack": series.stack} if series.stack else {}),
            **({"soft": series.soft, "grouped": False} if series.soft else {}),
            **({"end": series.end} if series.end else {}),
        }


def _mark(mark: Mark) -> dict[str, Any]:
    return {
        "kind": mark.kind,
        "start": mark.start,
        "end": mark.end,
        "at": mark.at,
        "label": mark.label,
        "tag": mark.tag,
        "axis": mark.axis,
    }


def _extremes(series: Sequence[Series], *, stacked: bool) -> list[float]:
    """The smallest and largest values that an axis has to hold; stacks count as their sums."""
    if not stacked:
        return [float(value) for each in series for value in each.values if value is not None]
    columns = zip(*(each.values for each in series), strict=True)
    known = [[float(value) for value in column if value is not None] for column in columns]
    tops = [sum(value for value in column if value > 0) for column in known]
    return tops + [sum(value for value in column if value < 0) for column in known]


def _key(series: Series) -> tuple[str, str]:
    short = {"viz-other": "vo", "viz-prev": "sp", "brand": "sb"}
    number = series.color.removeprefix("viz-")
    if series.kind == "bar":
        return "box", short.get(series.color, f"v{number}")
    if series.kind == "dash" and series.color != "viz-prev":
        return "line", "sf"
    return "line", short.get(series.color, f"s{number}")
