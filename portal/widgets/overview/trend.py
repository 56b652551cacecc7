"""Revenue and leads over the period, with the period before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from portal.catalog.result import Result
from portal.core.calendar import Calendar, Grain
from portal.core.units import figure
from portal.widgets.chart import Axis, ChartSpec, Mark, Series
from portal.widgets.filter_bar import Choice
from portal.widgets.overview.figures import label_for
from portal.widgets.overview.links import Links

METRICS = ("revenue_booked", "leads")
WEEK_DAYS = 14


@dataclass(frozen=True)
class Trend:
    """The chart, and the intervals that may be chosen."""

    spec: ChartSpec
    interval: str
    intervals: Sequence[Choice]
    is_empty: bool
    wider: str


def trend(series: Result, calendar: Calendar, links: Links, trade: str) -> Trend:
    """Draw the trend: revenue above, leads below, one x axis, never two scales on one plot."""
    revenue = [row["revenue_booked"] for row in series.rows]
    leads = [row["leads"] for row in series.rows]
    earlier = [row.before("revenue_booked") for row in series.rows]
    grain = series.query.grain
    drawn = [Series("Revenue", revenue, "area", "brand")]
    if series.compared:
        drawn.append(Series("Previous period", earlier, "dash", "viz-prev"))
    drawn.append(Series(label_for("leads", trade), leads, "bar", "viz-3", axis="leads"))
    spec = ChartSpec(
        label=_sentence(series, grain),
        labels=tuple(_short(row.at, grain, calendar) for row in series.rows),
        titles=tuple(_long(row.at, grain, calendar) for row in series.rows),
        axes={"y": Axis("money", weight=2.6), "leads": Axis("count")},
        series=tuple(drawn),
        marks=tuple(_unfinished(series)),
        currency=series.currency,
        x_title=grain.value.title(),
    )
    return Trend(
        spec,
        grain.value,
        _intervals(series, links),
        not any(value for value in (*revenue, *leads)),
        links.here(period="90d"),
    )


def _sentence(series: Result, grain: Grain) -> str:
    total, before = series.total["revenue_booked"], series.total.before("revenue_booked")
    words = f"Revenue by {grain}, {figure(total, 'money', currency=series.currency)} in all"
    if before is not None:
        words += f", {figure(before, 'money', currency=series.currency)} the period before"
    return f"{words}, and {figure(series.total['leads'], 'count')} leads."


def _unfinished(series: Result) -> list[Mark]:
    """Shade the buckets that are still going on."""
    open_ones = [n for n, bucket in enumerate(series.buckets) if not bucket.is_complete]
    return (
        [Mark("zone", start=open_ones[0], end=open_ones[-1], label="so far")] if open_ones else []
    )


def _intervals(series: Result, links: Links) -> list[Choice]:
    grains = [Grain.DAY, Grain.WEEK, Grain.MONTH]
    if series.query.period.days < WEEK_DAYS:
        grains = [Grain.DAY]
    if series.query.grain is Grain.HOUR:
        grains = [Grain.HOUR]
    return [
        Choice(grain, grain.title(), links.here(interval=grain.value), grain is series.query.grain)
        for grain in grains
    ]


def _short(at: date | datetime | None, grain: Grain, calendar: Calendar) -> str:
    if isinstance(at, datetime):
        return f"{calendar.local(at):%H:%M}"
    assert at is not None
    return f"{at:%b %Y}" if grain is Grain.MONTH else f"{at:%b} {at.day}"


def _long(at: date | datetime | None, grain: Grain, calendar: Calendar) -> str:
    if isinstance(at, datetime):
        return f"{calendar.local(at):%a, %b %-d, %H:%M}"
    assert at is not None
    if grain is Grain.MONTH:
        return f"{at:%B %Y}"
    return f"{'Week of ' if grain is Grain.WEEK else ''}{at:%a, %b} {at.day}, {at.year}"
