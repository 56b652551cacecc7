"""Where leads come from: each source with its leads, jobs, revenue and cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.catalog.dimension import label_of
from portal.catalog.result import Result, Row
from portal.core.units import UNDEFINED, count, money, share
from portal.widgets.filter_bar import Choice
from portal.widgets.overview.links import Links

METRICS = ("leads", "jobs_won", "lead_to_job_rate", "revenue_booked", "ad_spend_per_lead")
GROUPS = {"source": "Source", "campaign": "Campaign", "location": "Area"}
SORTS = {
    "leads": "leads",
    "won": "jobs_won",
    "rate": "lead_to_job_rate",
    "revenue": "revenue_booked",
    "cost": "ad_spend_per_lead",
}
COLUMNS = (
    ("name", "Source", True, False),
    ("leads", "Leads", True, True),
    ("won", "Won", False, True),
    ("rate", "Rate", False, True),
    ("revenue", "Revenue", False, True),
    ("cost", "Ad spend / lead", False, True),
)


@dataclass(frozen=True)
class Column:
    """A head of the table."""

    key: str
    label: str
    left: bool
    sorts: bool


@dataclass(frozen=True)
class Source:
    """One line, in words."""

    label: str
    leads: str
    won: str
    rate: str
    revenue: str
    cost: str
    share: float = 0
    is_rest: bool = False
    href: str = ""
    rows: str = ""
    only: str = ""
    """This page, filtered by the line; '' where it is filtered by it already."""


@dataclass(frozen=True)
class Sources:
    """The table, how it is sorted, and by what else it may be grouped."""

    rows: Sequence[Source]
    total: Source
    columns: Sequence[Column]
    groups: Sequence[Choice]
    sort: str
    by: str


def sources(
    result: Result, links: Links, *, sort: str, names: Mapping[str, str] | None = None
) -> Sources:
    """
    Make the table.

    Args:
        result: `METRICS` by one dimension.
        links: addresses.
        sort: a key of `SORTS`, with a minus for descending.
        names: what campaigns are called.
    """
    by = result.query.dimensions[0]
    known = [row for row in result.rows if any(row[key] for key in METRICS)]
    ordered = sorted(known, key=lambda row: _key(row, sort), reverse=sort.startswith("-"))
    most = max((row["leads"] or Decimal(0) for row in known), default=Decimal(0))
    lines = [_line(row, result, links, names or {}, most) for row in ordered]
    words = GROUPS[by].lower()
    return Sources(
        rows=lines,
        total=_source(f"All {'areas' if by == 'location' else words + 's'}", result.total, result),
        columns=[
            Column(key, GROUPS[by] if key == "name" else label, left, sorts)
            for key, label, left, sorts in COLUMNS
        ],
        groups=[
            Choice(key, label, links.here(group=key), key == by) for key, label in GROUPS.items()
        ],
        sort=sort,
        by=words,
    )


def sort_of(text: str) -> str:
    """Read the `sort` argument; anything else is by leads, most first."""
    return text if text.lstrip("-") in SORTS else "-leads"


def _key(row: Row, sort: str) -> tuple[bool, Decimal]:
    """Undefined values stand last when the largest come first."""
    value = row[SORTS[sort.lstrip("-")]]
    return value is not None, value if value is not None else Decimal(0)


def _line(
    row: Row, result: Result, links: Links, names: Mapping[str, str], most: Decimal
) -> Source:
    by, value = result.query.dimensions[0], row.dimensions[0]
    label = names.get(value) or label_of(by, value)
    only = f"{by}:is:{value}"
    made = _source(label, row, result)
    return Source(
        **{
            **vars(made),
            "share": float((row["leads"] or Decimal(0)) / most) if most else 0,
            "is_rest": value in {"", "other"},
            "href": links.page("leads", only),
            "rows": links.drawer("leads", only),
            "only": links.only(only),
        }
    )


def _source(label: str, row: Row, result: Result) -> Source:
    cost = row["ad_spend_per_lead"]
    return Source(
        label=label,
        leads=count(row["leads"]),
        won=count(row["jobs_won"]),
        rate=share(row["lead_to_job_rate"]),
        revenue=money(row["revenue_booked"], result.currency),
        cost=money(cost, result.currency) if cost else ("no spend" if row["leads"] else UNDEFINED),
    )
