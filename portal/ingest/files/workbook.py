"""
Turns the first visible sheet of a workbook into CSV. Runs as a child with limits of its own.

`python -m portal.ingest.files.workbook BOOK TARGET` says on standard output why it failed.
"""

import csv
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from portal.ingest.files.limits import (
    COLUMNS,
    WORKBOOK_MEMORY_BYTES,
    WORKBOOK_SECONDS,
    WORKBOOK_UNPACKED_BYTES,
)


def main(book: Path, target: Path) -> int:
    """Write the sheet; return what the process ends with."""
    limits = (
        (resource.RLIMIT_AS, WORKBOOK_MEMORY_BYTES),
        (resource.RLIMIT_CPU, WORKBOOK_SECONDS),
        (resource.RLIMIT_FSIZE, 2 * WORKBOOK_UNPACKED_BYTES),
    )
    for limit, most in limits:
        resource.setrlimit(limit, (most, most))
    try:
        sheet = first_sheet(book)
        width = sheet.end[1] + 1 if sheet.end else 0
        if width > COLUMNS:
            return _fail(f"the sheet has {width} columns; at most {COLUMNS} are read")
        with target.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows(sheet))
    except PasswordError:
        return _fail("the workbook is protected by a password")
    except (CalamineError, MemoryError, OSError):
        return _fail("the workbook cannot be read; save the sheet as CSV")
    return 0


def first_sheet(book: Path) -> CalamineSheet:
    """Find the first visible worksheet with rows, else the first one."""
    workbook = CalamineWorkbook.from_path(book)
    shown = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]
    sheets = [workbook.get_sheet_by_name(name) for name in shown or workbook.sheet_names[:1]]
    return next((sheet for sheet in sheets if sheet.total_height), sheets[0])


def rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    """Give the sheet's rows as texts; empty ones too, so that line numbers hold."""
    for row in sheet.iter_rows():
        yield [text(cell) for cell in row]


def text(cell: Any) -> str:
    """Write a cell as CSV would have it: ISO dates, a point in numbers, no `.0`."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(int(cell.total_seconds()))
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)


def _fail(reason: str) -> int:
    sys.stdout.write(reason)
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
