"""Guesses of format, encoding, separator, header and columns, from a sample of the file."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from portal.ingest.files import amounts, dates, encodings, sample
from portal.ingest.files.columns import describe, named
from portal.ingest.files.layout import Format, Layout
from portal.ingest.files.limits import COLUMNS, LINE_BYTES
from portal.ingest.files.lines import Lines, Place
from portal.ingest.files.records import Row, raw_records
from portal.ingest.files.values import BadFile

DELIMITERS = ",;\t|"
STEADY = 0.9
"""A separator is believed when so many of the lines have the same number of cells."""
LINES_TRIED = 400
PREAMBLE = 20
ROWS_LOOKED_AT = 5000
"""Of the head; besides, all rows of the pieces from further on."""

Cells = list[str]


def guess(path: Path) -> Layout:
    """
    Guess how the file is written.

    Raises:
        BadFile: it is empty, or nothing that has rows.
    """
    taken = sample.take(path)
    if not taken.head.strip():
        raise BadFile("the file is empty")
    encoding = encodings.guess(taken.all)
    text = taken.head.decode(encoding, errors="replace").removeprefix("\ufeff")
    if text.lstrip()[:1] == "[" and _is_list(text):
        raise BadFile("this is one JSON list; send one object a line (NDJSON)")
    format_, delimiter = _format(text)
    layout = Layout(format=format_, encoding=encoding, delimiter=delimiter)
    if format_ != "ndjson":
        layout = _with_head(layout, taken.head)
    return with_columns(layout, taken)


def again(path: Path, layout: Layout) -> Layout:
    """Look at the columns anew after a person corrected how the file is written."""
    return with_columns(layout, sample.take(path))


def with_columns(layout: Layout, taken: sample.Sample) -> Layout:
    """
    Name the columns and say what each looks like.

    Raises:
        BadFile: there are too many of them, or none.
    """
    if layout.format == "ndjson":
        rows = _objects(layout, taken)
        names = tuple(dict.fromkeys(key for row in rows for key in row))
    else:
        head = [cells for line, cells in _cells(taken.head, layout) if line > layout.skip_lines]
        first = head.pop(0) if layout.has_header and head else _widest(head)
        names = named(first if layout.has_header else [""] * len(first))
        more = [cells for piece in taken.pieces for _, cells in _cells(piece, layout)]
        rows = [
            dict(zip(names, c, strict=False))
            for c in head[:ROWS_LOOKED_AT] + more
            if len(c) <= len(names)
        ]
    if not names:
        raise BadFile("no columns are found")
    if len(names) > COLUMNS:
        raise BadFile(f"{len(names)} columns; at most {COLUMNS} are read")
    return msgspec.structs.replace(layout, columns=describe(names, rows))


def _format(text: str) -> tuple[Format, str]:
    lines = [line for line in text.splitlines()[:LINES_TRIED] if line.strip()]
    if lines[0].lstrip().startswith("{"):
        return "ndjson", ","
    scores = [(*_steadiness(_split(text, d)), d) for d in DELIMITERS]
    steady, width, delimiter = max(scores)
    blank_steady, blank_width = _steadiness([line.split() for line in lines])
    if steady < STEADY and blank_steady >= STEADY and blank_width > 1:
        return "blanks", " "
    return "csv", delimiter if width > 1 else ","


def _split(text: str, delimiter: str) -> list[Cells]:
    try:
        found = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        found = [line.split(delimiter) for line in text.splitlines()]
    return [cells for cells in found[:LINES_TRIED] if cells]


def _steadiness(rows: Sequence[Cells]) -> tuple[float, int]:
    """Share of the rows that have the commonest number of cells, and that number; 0 for one."""
    if not rows:
        return 0.0, 0
    width, times = Counter(len(cells) for cells in rows).most_common(1)[0]
    return (round(times / len(rows), 2), width) if width > 1 else (0.0, 1)


def _with_head(layout: Layout, data: bytes) -> Layout:
    """Find the first line of the table, and whether it names the columns."""
    rows = _cells(data, layout)[:LINES_TRIED]
    width = _steadiness([cells for _, cells in rows])[1]
    found = next((row for row in rows[:PREAMBLE] if len(row[1]) >= width), None)
    if found is None:
        return layout
    return msgspec.structs.replace(layout, skip_lines=found[0] - 1, has_header=is_header(found[1]))


def is_header(cells: Cells) -> bool:
    """Whether a first row names columns: words, no numbers, no dates, none twice."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled or len(set(filled)) < len(filled):
        return False
    return not any(amounts.is_number(cell) or dates.is_date(cell) for cell in filled)


def _cells(piece: bytes, layout: Layout) -> list[tuple[int, Cells]]:
    """Rows with the number of their first line; what cannot be read is left out."""
    with io.BytesIO(piece) as file:
        lines = Lines(file, layout.encoding, Place())
        return [(line, cells) for line, cells, _ in raw_records(file, lines, layout) if cells]


def _objects(layout: Layout, taken: sample.Sample) -> list[Row]:
    with io.BytesIO(taken.all) as file:
        lines = Lines(file, layout.encoding, Place())
        return [row for _, row, _ in raw_records(file, lines, layout) if row]


def _widest(rows: list[Cells]) -> Cells:
    return max(rows[:LINES_TRIED], key=len, default=[])


def _is_list(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except msgspec.ValidationError:
        return False
    except msgspec.DecodeError as error:
        return len(text) > LINE_BYTES or "truncated" in str(error)
    return True
