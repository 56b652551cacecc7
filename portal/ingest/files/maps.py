"""A map: which columns become which fields of which facts. Kept as JSON, shipped or saved."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec

from portal.ingest.files import fields
from portal.ingest.files.layout import DecimalMark, Layout, Order
from portal.ingest.files.values import BadFile

FOLDER = Path(__file__).with_name("maps")
MAP_BYTES = 256 * 1024
FACTS = 20

Word = str | int | float | bool


class Condition(
    msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, rename={
        "among": "in", "not_among": "not_in"
    }
):  # fmt: skip
    """Something about one cell of the row. Words are compared without regard to case."""

    column: str
    among: tuple[str, ...] = ()
    not_among: tuple[str, ...] = ()
    is_set: bool | None = None


class Source(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where the value of one field comes from."""

    column: str = ""
    columns: tuple[str, ...] = ()
    """Several, joined with `join`; empty ones are left out."""
    join: str = " "
    constant: Word | None = None
    row: bool = False
    """An id made of the row's content and of how often that content came before."""
    default: Word | None = None
    """Where the cell is empty."""
    values: Mapping[str, Word | None] = {}
    """Their words to ours; null leaves the field out."""
    others: Literal["keep", "drop", "refuse"] = "keep"
    """What becomes of words that `values` lacks."""
    unit: Literal["major", "minor"] = "major"
    """Whether money in the file is in dollars or in cents."""
    rounded: bool = False
    dates: Order = ""
    decimal: DecimalMark = ""
    when: tuple[Condition, ...] = ()

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that it looks at."""
        own = (self.column,) if self.column else self.columns
        return own + tuple(condition.column for condition in self.when)


class FactMap(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One fact that a row gives, if it meets all conditions."""

    kind: str
    fields: dict[str, Source]
    when: tuple[Condition, ...] = ()
    properties: Literal["rest", "none"] | tuple[str, ...] = "rest"
    """Columns kept as properties: those that no field reads, none, or those named."""

    @property
    def read(self) -> frozenset[str]:
        """The columns that it looks at."""
        named = () if isinstance(self.properties, str) else self.properties
        own = {name for source in self.fields.values() for name in source.read}
        return frozenset(own | {c.column for c in self.when} | set(named))


class Map(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """All facts of a row, and what holds for the whole file."""

    facts: tuple[FactMap, ...]
    name: str = ""
    system: str = ""
    """The source system whose ids the file has; '' is the name of the file's importer."""
    dates: Order = ""
    decimal: DecimalMark = ""
    zone: str = ""
    """Zone of times without an offset; '' is the client's own."""

    @property
    def read(self) -> frozenset[str]:
        """The columns that it looks at."""
        return frozenset().union(*(fact.read for fact in self.facts))

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of facts that it makes."""
        return tuple(dict.fromkeys(fact.kind for fact in self.facts))

    @property
    def needs_row_ids(self) -> bool:
        """Whether an id is made from the row."""
        return any(source.row for fact in self.facts for source in fact.fields.values())


def decode(data: bytes | str) -> Map:
    """
    Read a map from JSON.

    Raises:
        BadFile: it is not one; the text names the place.
    """
    if len(data) > MAP_BYTES:
        raise BadFile("the map is too large")
    try:
        return msgspec.json.decode(data, type=Map)
    except msgspec.DecodeError as error:
        raise BadFile(f"the map cannot be read: {error}") from None


def encode(map_: Map) -> str:
    """Write a map as JSON for people."""
    return msgspec.json.format(msgspec.json.encode(map_), indent=2).decode()


def problems(map_: Map, layout: Layout) -> list[str]:
    """Say what keeps the map from being used on a file."""
    found = [] if map_.facts else ["the map makes no facts"]
    if len(map_.facts) > FACTS:
        found.append(f"the map makes {len(map_.facts)} facts of a row; at most {FACTS}")
    missing = sorted(map_.read - set(layout.names)) if layout.format != "ndjson" else []
    found += [f"the file has no column “{name}”" for name in missing]
    for fact in map_.facts:
        found += _problems_of(fact)
    return found


def _problems_of(fact: FactMap) -> list[str]:
    if fact.kind not in fields.KIND_FIELDS:
        return [f"there is no kind of fact named “{fact.kind}”"]
    known = {field.name for field in fields.fields(fact.kind)}
    unknown = [name for name in fact.fields if name not in known and ".system" not in name]
    lacking = [name for name in fields.needed_fields(fact.kind) if name not in fact.fields]
    if fact.kind == "jobs" and not {"lead_id", "contact_id"} & set(fact.fields):
        lacking.append("lead_id or contact_id")
    return [
        *(f"{fact.kind} has no field “{name}”" for name in unknown),
        *(f"{fact.kind} needs {name}" for name in lacking),
    ]


@lru_cache(maxsize=1)
def shipped() -> dict[str, Map]:
    """The maps that come with the portal, by file name."""
    return {path.stem: decode(path.read_bytes()) for path in sorted(FOLDER.glob("*.json"))}


def fitting(layout: Layout) -> list[str]:
    """Name the shipped maps whose columns the file has."""
    have = set(layout.names)
    return [key for key, map_ in shipped().items() if map_.read <= have]
