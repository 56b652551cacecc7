"""Rows of a file, one by one and each with its place, whatever the format. Bad ones say why."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from portal.ingest.files.layout import Layout
from portal.ingest.files.limits import COLUMNS
from portal.ingest.files.lines import BadLine, Lines, Place

Row = dict[str, Any]
START = Place()


@dataclass(frozen=True, slots=True)
class Record:
    """One row, or why there is none."""

    line: int
    """Number of its first line, from 1."""
    end: Place
    """Where the next one starts."""
    row: Row = field(default_factory=dict)
    problem: str = ""


class BadRecord(ValueError):
    """One record cannot be read; the next one can."""


def records(path: Path, layout: Layout, place: Place = START) -> Iterator[Record]:
    """Read the rows of the file from `place` on; the header and lines before it are no rows."""
    with path.open("rb") as file:
        lines = Lines(file, layout.encoding, place)
        if place == START:
            _skip_head(lines, layout)
        for line, cells, problem in raw_records(file, lines, layout):
            yield _record(line, cells, problem, lines.place, layout)


def raw_records(file: BinaryIO, lines: Lines, layout: Layout) -> Iterator[tuple[int, Any, str]]:
    """Give (line, cells or object, problem) for each record that is not empty."""
    read = _reader(lines, layout)
    while True:
        lines.mark()
        line = lines.place.line + 1
        try:
            cells = read()
        except StopIteration:
            return
        except (BadLine, BadRecord, csv.Error) as problem:
            lines.go(lines.after_first)
            read = _reader(lines, layout)
            yield line, None, _words(problem)
            continue
        if cells and (isinstance(cells, dict) or any(map(str.strip, cells))):
            yield line, cells, ""


def content(row: Row, layout: Layout) -> bytes:
    """What a row says, as bytes: equal rows give equal bytes in every file of that shape."""
    if layout.format == "ndjson":
        return as_bytes(row)
    return "\x1f".join(str(cell) for cell in row.values()).encode()


def as_bytes(value: Any) -> bytes:
    """Write a value as its one JSON text; what JSON cannot hold gives bytes too."""
    try:
        return msgspec.json.encode(value, order="sorted")
    except (OverflowError, UnicodeEncodeError, TypeError):
        return repr(value).encode("utf-8", "backslashreplace")


def flatten(value: dict[str, Any], before: str = "") -> Row:
    """Name what lies inside objects by its path: `{"a": {"b": 1}}` is `a.b`."""
    flat: Row = {}
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            flat.update(flatten(inner, f"{before}{key}."))
        else:
            flat[before + key] = inner
    return flat


def _skip_head(lines: Lines, layout: Layout) -> None:
    for _ in range(layout.skip_lines):
        lines.mark()
        try:
            next(lines, "")
        except BadLine:
            continue
    if layout.has_header and layout.format != "ndjson":
        read = _reader(lines, layout)
        lines.mark()
        try:
            read()
        except (StopIteration, BadLine, BadRecord, csv.Error):
            return


def _reader(lines: Lines, layout: Layout) -> Callable[[], Any]:
    if layout.format == "ndjson":
        return lambda: _object(next(lines))
    if layout.format == "blanks":
        return lambda: next(lines).split()
    reader = csv.reader(lines, delimiter=layout.delimiter, strict=True)
    return lambda: next(reader)


def _object(line: str) -> Row | None:
    if not line.strip():
        return None
    try:
        value = msgspec.json.decode(line)
        if isinstance(value, dict):
            return flatten(value)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadRecord(f"not valid JSON: {error}") from None
    raise BadRecord("not a JSON object")


def _record(line: int, cells: Any, problem: str, end: Place, layout: Layout) -> Record:
    if problem:
        return Record(line, end, problem=problem)
    if isinstance(cells, dict):
        if len(cells) > COLUMNS:
            return Record(line, end, problem=f"{len(cells)} fields; at most {COLUMNS} are read")
        return Record(line, end, cells)
    names = layout.names
    while len(cells) > len(names) and not cells[-1].strip():
        cells.pop()
    if len(cells) > len(names):
        return Record(line, end, problem=f"{len(cells)} cells, but {len(names)} columns")
    if layout.format == "blanks" and len(cells) < len(names):
        # Which cell is missing can't be seen, so none may be guessed.
        return Record(line, end, problem=f"{len(cells)} cells, but {len(names)} columns")
    cells += [""] * (len(names) - len(cells))
    return Record(line, end, dict(zip(names, cells, strict=True)))


def _words(problem: Exception) -> str:
    if isinstance(problem, csv.Error):
        if "unexpected end of data" in str(problem):
            return "a quote is opened and not closed"
        return f"the quotes of this line cannot be read ({problem})"
    return str(problem)
