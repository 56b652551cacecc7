"""What a map would make of a file, without storing anything."""

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal.core.calendar import now
from portal.core.registry import discover
from portal.ingest import kinds, versions
from portal.ingest.files.feed import Batch, Fault, Feed, shown
from portal.ingest.files.limits import PREVIEW_ROWS
from portal.ingest.files.occurrences import Occurrences
from portal.ingest.files.recipes import Item, Setting
from portal.ingest.files.records import START, Row
from portal.ingest.kinds.kind import KINDS
from portal.ingest.refusals import Refusal

discover(kinds)

LOOKED_AT = 500
"""Rows that a preview reads at least; it shows the first ones, and refused ones further on."""
LOOKED_AT_MOST = 20_000
SECONDS = 0.8
"""For so long it goes on: a file of some thousand rows is looked through whole."""
REFUSED_SHOWN = 20
FAULTS_KEPT = 1000


@dataclass(slots=True)
class PreviewRow:
    """One row, what it would become, and why some of it would not."""

    line: int
    row: Row
    facts: list[tuple[str, Item]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass(slots=True)
class Preview:
    """What the first rows would become."""

    rows: list[PreviewRow] = field(default_factory=list)
    looked_at: int = 0
    is_whole: bool = False
    """Whether these were all rows of the file."""
    refused: int = 0
    """Rows among those looked at of which something would be refused."""
    counts: dict[str, int] = field(default_factory=dict)
    """Facts among those looked at, by kind."""


@dataclass(slots=True)
class Check:
    """What the whole file would become."""

    rows: int = 0
    refused_rows: int = 0
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    """The first so many."""


def preview(path: Path, setting: Setting, folder: Path) -> Preview:
    """
    Make facts of the first rows.

    Raises:
        BadFile: the map cannot be used.
    """
    made = Preview()
    refused_shown = 0
    deadline = time.monotonic() + SECONDS
    with Occurrences(folder) as seen:
        for batch in Feed(path, setting, seen).batches(START, size=1):
            row = _preview_row(batch)
            made.looked_at += 1
            made.refused += bool(row.faults)
            for kind, _item in row.facts:
                made.counts[kind] = made.counts.get(kind, 0) + 1
            if made.looked_at <= PREVIEW_ROWS:
                made.rows.append(row)
            elif row.faults and refused_shown < REFUSED_SHOWN:
                refused_shown += 1
                made.rows.append(row)
            if _is_enough(made, deadline):
                return made
    made.is_whole = True
    return made


def _is_enough(made: Preview, deadline: float) -> bool:
    if made.looked_at >= LOOKED_AT_MOST:
        return True
    return made.looked_at >= LOOKED_AT and time.monotonic() > deadline


def check(path: Path, setting: Setting, folder: Path) -> Check:
    """Make facts of the whole file, and count what would be stored and refused."""
    told = Check()
    with Occurrences(folder) as seen:
        for batch in Feed(path, setting, seen).batches(START):
            judged = _judged(batch)
            told.rows += batch.rows
            for kind, items in batch.items.items():
                told.counts.setdefault(kind, Counter())["accepted"] += len(items)
            for fault in judged:
                told.counts[fault.kind]["accepted"] -= 1
            _count_faults(told, [*batch.faults, *judged])
    return told


def _count_faults(told: Check, faults: list[Fault]) -> None:
    told.refused_rows += len({fault.line for fault in faults})
    for fault in faults:
        told.counts.setdefault(fault.kind or "rows", Counter())["refused"] += 1
    told.faults += faults[: FAULTS_KEPT - len(told.faults)]


def _preview_row(batch: Batch) -> PreviewRow:
    record = batch.record
    faults = [*batch.faults, *_judged(batch)]
    bad = {fault.kind for fault in faults}
    facts = [(kind, item) for kind, items in batch.items.items() for item in items]
    return PreviewRow(
        record.line, record.row, [fact for fact in facts if fact[0] not in bad], faults
    )


def _judged(batch: Batch) -> list[Fault]:
    """What the rules of the kinds would refuse."""
    found = []
    at = now()
    for kind, items in batch.items.items():
        for item, record in zip(items, batch.records[kind], strict=True):
            if refusal := _refusal(kind, item, at):
                reason = refusal.reason
                found.append(Fault(record.line, kind, refusal.field, reason, shown(record)))
    return found


def _refusal(kind: str, item: Item, at: Any) -> Refusal | None:
    try:
        versions.read(KINDS[kind], item, at)
    except Refusal as refusal:
        return refusal
    return None
