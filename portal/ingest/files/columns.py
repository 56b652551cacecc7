"""What the columns of a file hold, by the cells of a sample."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from portal.ingest.files import amounts, dates
from portal.ingest.files.layout import Column, DecimalMark, Order
from portal.ingest.files.limits import CELL_SHOWN
from portal.ingest.files.records import Row

MOST = 0.95
"""A column is what so many of its filled cells are."""
EXAMPLES = 12
LOOKED_AT = 20_000
"""So many different cells of a column are tried."""
NULLS = frozenset({"", "null", "n/a", "\\n", "nan", "#n/a"})
"""Cells that say nothing, in lower case."""
EPOCH_WORDS = ("at", "time", "timestamp", "date", "ts", "created", "updated")


def is_filled(cell: Any) -> bool:
    """Whether a cell says something."""
    if isinstance(cell, str):
        return cell.strip().lower() not in NULLS
    return cell is not None


def named(cells: Sequence[str]) -> tuple[str, ...]:
    """Name columns by their header; nameless ones by number, equal ones apart."""
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = " ".join(cell.split()) or f"column {number}"
        again = 2
        while name in names:
            name, again = f"{cell.strip() or 'column'} ({again})", again + 1
        names.append(name)
    return tuple(names)


def describe(names: Iterable[str], rows: Sequence[Row]) -> tuple[Column, ...]:
    """Say of each column what its cells look like."""
    return tuple(_column(name, [row.get(name) for row in rows]) for name in names)


def _column(name: str, cells: list[Any]) -> Column:
    filled = [cell for cell in cells if is_filled(cell)]
    texts = [str(cell).strip() for cell in filled]
    distinct = list(dict.fromkeys(texts))
    looks, order, is_open, mark = _looks(name, distinct[:LOOKED_AT])
    return Column(
        name=name,
        looks=looks,
        dates=order,
        is_ambiguous=is_open,
        decimal=mark,
        is_unique=bool(cells) and len(filled) == len(cells) and len(distinct) == len(cells),
        examples=tuple(text[:CELL_SHOWN] for text in distinct[:EXAMPLES]),
    )


def _looks(
    name: str, texts: list[str]
) -> tuple[Literal["text", "number", "instant", "empty"], Order, bool, DecimalMark]:
    if not texts:
        return "empty", "", False, ""
    if _is_epoch(name, texts):
        return "instant", "epoch", False, ""
    if _most(dates.is_date(text) for text in texts):
        order, is_open = dates.guess(texts)
        return "instant", order, is_open, ""
    if _most(amounts.is_number(text) for text in texts):
        return "number", "", False, amounts.guess(texts)
    return "text", "", False, ""


def _is_epoch(name: str, texts: list[str]) -> bool:
    is_sized = all(text.isdecimal() and len(text) in {10, 13} for text in texts)
    return is_sized and _is_time_word(name)


def _is_time_word(name: str) -> bool:
    return any(word in EPOCH_WORDS for word in name.lower().replace("_", " ").split())


def _most(answers: Iterable[bool]) -> bool:
    given = list(answers)
    return sum(given) >= MOST * len(given)
