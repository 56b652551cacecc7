"""CSV that no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import Iterable, Iterator
from decimal import Decimal

FORMULA = frozenset("=+-@\t\r＝＋－＠")


def safe(cell: object) -> object:
    """Return a cell as it may stand in a file: text that looks like a formula gets a quote."""
    if cell is None:
        return ""
    if isinstance(cell, int | float | Decimal):
        return cell
    text = str(cell)
    return f"'{text}" if text[:1] in FORMULA else text


def lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Write rows as lines of CSV, one string a row."""
    for row in rows:
        out = io.StringIO()
        csv.writer(out).writerow([safe(cell) for cell in row])
        yield out.getvalue()
