"""The Overview as a whole, and each of its parts by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.catalog.activity import activity
from portal.catalog.answer import answer, answers
from portal.catalog.bands import bands
from portal.catalog.dimension import campaign_names, label_of
from portal.catalog.funnel import FunnelQuery
from portal.catalog.funnel import funnel as follow
from portal.catalog.heatmap import heatmap as count_hours
from portal.catalog.query import Compare, Filter, Order, Query
from portal.catalog.reach import Reach
from portal.catalog.result import Result
from portal.core.calendar import Calendar, Grain
from portal.models.clients import Client
from portal.widgets.filter_bar import days_in_words
from portal.widgets.overview import figures, trend
from portal.widgets.overview.activity import Entry, entries
from portal.widgets.overview.figures import Definition, Figure
from portal.widgets.overview.funnel import Funnel, funnel
from portal.widgets.overview.heatmap import Heatmap, heatmap
from portal.widgets.overview.links import Links
from portal.widgets.overview.response import Response, response
from portal.widgets.overview.sentence import sentence
from portal.widgets.overview.sources import METRICS as SOURCE_METRICS
from portal.widgets.overview.sources import Sources, sort_of, sources
from portal.widgets.overview.trend import Trend

STALE_AFTER = timedelta(minutes=10)
MOST_SOURCES = 200
GROUPS = frozenset({"source", "campaign", "location"})


@dataclass(frozen=True)
class Look:
    """Who looks at what: the client, its days, the question without metrics, the addresses."""

    client: Client
    calendar: Calendar
    base: Query
    grain: Grain
    links: Links
    at: datetime
    reach: Reach
    group: str = "source"
    sort: str = "-leads"


@dataclass(frozen=True)
class Overview:
    """Everything that the page shows."""

    sentence: str
    cards: Sequence[Figure]
    strip: Sequence[Figure]
    trend: Trend
    is_filtered: bool
    filters: str
    clear: str
    funnel: Funnel
    sources: Sources
    response: Response
    heatmap: Heatmap
    activity: Sequence[Entry]
    definitions: Sequence[Definition]
    is_new: bool
    is_live: bool
    stale: str
    as_of: str


@dataclass(frozen=True)
class Figures:
    """The cards and the strip by themselves, as they are refreshed."""

    cards: Sequence[Figure]
    strip: Sequence[Figure]


def overview(look: Look) -> Overview:
    """Ask the catalog for everything and make the page of it; inside `acting_as` the client."""
    totals, series, split = answers(
        [_totals(look), _series(look), _split(look)], look.calendar, look.client.id, at=look.at
    )
    trade = look.client.trade
    return Overview(
        sentence=f"{sentence(totals, trade)} {uncovered(look, totals)}".strip(),
        cards=figures.cards(totals, series, look.links, trade),
        strip=figures.strip(totals, look.links, trade),
        trend=trend.trend(series, look.calendar, look.links, trade),
        is_filtered=bool(look.base.filters),
        filters=filters_in_words(look.base.filters),
        clear=look.links.here(f=[]),
        funnel=funnel_of(look),
        sources=_sources(look, split),
        response=response(bands(_plain(look), look.calendar, look.client.id, at=look.at)),
        heatmap=_heatmap(look),
        activity=activity_of(look),
        definitions=[
            *figures.definitions(totals, about(look, totals), trade),
            figures.of_funnel(about(look, totals)),
        ],
        is_new=look.reach.first is None,
        is_live=look.base.period.end > look.calendar.today(look.at),
        stale=stale_words(look.reach, look.calendar, look.at),
        as_of=f"{look.calendar.local(totals.as_of):%H:%M}",
    )


def figures_of(look: Look) -> Figures:
    """Make the cards and the strip alone."""
    totals, series = answers(
        [_totals(look), _series(look)], look.calendar, look.client.id, at=look.at
    )
    trade = look.client.trade
    return Figures(
        figures.cards(totals, series, look.links, trade), figures.strip(totals, look.links, trade)
    )


def funnel_of(look: Look) -> Funnel:
    """Make the funnel alone; its comparison is not drawn, so it is not asked for."""
    question = FunnelQuery(_changed(_plain(look), compare=Compare.NONE, compared=None))
    found, _ = follow(question, look.calendar, look.client.id, at=look.at)
    return funnel(found, look.links, look.client.trade)


def sources_of(look: Look) -> Sources:
    """Make the table of sources alone."""
    return _sources(look, answer(_split(look), look.calendar, look.client.id, at=look.at))


def activity_of(look: Look) -> list[Entry]:
    """Make the feed alone."""
    return entries(activity(look.client.id, look.calendar, limit=6, at=look.at), look.at)


def about(look: Look, result: Result) -> str:
    """Say which days a figure stands for, by whose clock, and up to when."""
    days = days_in_words(look.base.period)
    start, end = (f"{at:%Y-%m-%d %H:%M}" for at in vars(result.interval).values())
    as_of = look.calendar.local(result.as_of)
    return f"{days}, {result.zone}: {start} to {end} UTC. As of {as_of:%H:%M}."


def uncovered(look: Look, totals: Result) -> str:
    """Say when what is compared with began before the first data; '' when it did not."""
    first = look.reach.first
    if first is None or totals.compared is None:
        return ""
    if look.calendar.start_of(first) <= totals.compared.starts_at:
        return ""
    return (
        f"Data begins {first:%b} {first.day}, {first.year}: the comparison lacks what was before."
    )


def filters_in_words(filters: Sequence[Filter]) -> str:
    """Write filters as a sentence goes on: "Referral and North or South"."""
    return " and ".join(
        " or ".join(label_of(one.dimension, value) for value in one.values) for one in filters
    )


def stale_words(reach: Reach, calendar: Calendar, at: datetime) -> str:
    """Say since when what came is not counted; '' while it takes no longer than it may."""
    since = reach.waits_since
    if since is None or at - since <= STALE_AFTER:
        return ""
    local = calendar.local(since)
    clock = f"{local:%H:%M}" if local.date() == calendar.today(at) else f"{local:%b %-d, %H:%M}"
    return f"What came since {clock} is not counted yet. It will be, by itself: nothing is lost."


def group_of(text: str) -> str:
    """Read the `group` argument."""
    return text if text in GROUPS else "source"


def _totals(look: Look) -> Query:
    return _changed(look.base, metrics=(*figures.CARDS, *figures.STRIP))


def _series(look: Look) -> Query:
    # Money is not kept by the hour: the shortest step of these figures is a day.
    grain = Grain.DAY if look.grain is Grain.HOUR else look.grain
    return _changed(look.base, metrics=figures.CARDS, grain=grain, limit=10_000)


def _split(look: Look) -> Query:
    return _changed(
        look.base,
        metrics=SOURCE_METRICS,
        dimensions=(look.group,),
        compare=Compare.NONE,
        compared=None,
        order=(Order("leads", descending=True),),
        limit=MOST_SOURCES,
    )


def _plain(look: Look) -> Query:
    return _changed(look.base, metrics=("leads",))


def _sources(look: Look, found: Result) -> Sources:
    names = {}
    if look.group == "campaign":
        names = campaign_names(look.client.id, {row.dimensions[0] for row in found.rows} - {""})
    return sources(found, look.links, sort=sort_of(look.sort), names=names)


def _heatmap(look: Look) -> Heatmap:
    question = _changed(look.base, metrics=("calls_inbound", "inbound_messages"))
    found = count_hours(
        question, look.calendar, look.client.id, look.client.business_hours, at=look.at
    )
    return heatmap(found, look.calendar.zone, look.calendar.current.week_start)


def _changed(query: Query, **changes: object) -> Query:
    return Query(**{**vars(query), **changes})
