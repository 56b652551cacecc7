"""Reads a file from a place on and gives what it holds in batches: items by kind, and faults."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal.ingest.files.limits import BATCH_ROWS
from portal.ingest.files.lines import Place
from portal.ingest.files.occurrences import Occurrences
from portal.ingest.files.recipes import Item, Made, Recipe, Setting
from portal.ingest.files.records import Record, as_bytes, content, records

CONTENT_CHARACTERS = 2000
NOTHING = Record(0, Place())
REPEATED = "this id stands in an earlier line with other content"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row, or one fact of it, is not stored."""

    line: int
    kind: str
    field: str
    reason: str
    content: str


@dataclass(slots=True)
class Batch:
    """Some rows: what goes into one transaction."""

    end: Place
    """Where the next batch starts."""
    rows: int = 0
    items: dict[str, list[Item]] = field(default_factory=dict)
    records: dict[str, list[Record]] = field(default_factory=dict)
    """The row behind each item, in the same order."""
    repeats: dict[str, int] = field(default_factory=dict)
    """Facts that stand in the file twice, by kind: nothing is done about them."""
    faults: list[Fault] = field(default_factory=list)
    record: Record = NOTHING
    """The last row."""

    def fault(self, record: Record, kind: str, field_name: str, reason: str) -> None:
        """Note why something of a row is not stored."""
        self.faults.append(Fault(record.line, kind, field_name, reason, shown(record)))


def shown(record: Record) -> str:
    """Write a row as one line of JSON, cut to what is kept."""
    if not record.row:
        return ""
    return as_bytes(record.row).decode("utf-8", "replace")[:CONTENT_CHARACTERS]


class Feed:
    """One file with its map. `occurrences` must be new: reading always begins at the start."""

    def __init__(self, path: Path, setting: Setting, occurrences: Occurrences) -> None:
        self._path = path
        self._layout = setting.layout
        self._recipe = Recipe(setting)
        self._seen = occurrences
        self._has_row_ids = setting.map.needs_row_ids
        self._versioned = frozenset(
            fact.kind for fact in setting.map.facts if {"version", "updated_at"} & set(fact.fields)
        )

    def batches(self, start: Place, size: int = BATCH_ROWS) -> Iterator[Batch]:
        """Give the batches behind `start`; what lies before it is read for its ids alone."""
        batch = Batch(start)
        for record in records(self._path, self._layout):
            is_done = record.end.offset <= start.offset
            self._take(Batch(start) if is_done else batch, record)
            if batch.rows >= size:
                yield batch
                batch = Batch(batch.end)
        if batch.rows:
            yield batch

    def _take(self, batch: Batch, record: Record) -> None:
        batch.rows += 1
        batch.end, batch.record = record.end, record
        if record.problem:
            batch.fault(record, "", "", record.problem)
            return
        row_id = ""
        if self._has_row_ids:
            row_id = self._seen.row_id(content(record.row, self._layout))
        for made in self._recipe.make(record.row, row_id):
            if made.reason:
                batch.fault(record, made.kind, made.field, made.reason)
            elif self._is_first(batch, record, made, row_id):
                batch.items.setdefault(made.kind, []).append(made.item)
                batch.records.setdefault(made.kind, []).append(record)

    def _is_first(self, batch: Batch, record: Record, made: Made, row_id: str) -> bool:
        id_: Any = made.item["external_id"]
        if id_ == row_id or made.kind in self._versioned:
            return True
        before = self._seen.before(f"{made.kind}\0{id_}", as_bytes(made.item))
        if before is False:
            batch.fault(record, made.kind, "external_id", REPEATED)
        elif before:
            batch.repeats[made.kind] = batch.repeats.get(made.kind, 0) + 1
        return before is None
