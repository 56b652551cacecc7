"""Any upload becomes a plain file, or is refused before it can do harm."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from portal.ingest.files import plain, records, sniff
from portal.ingest.files.values import BadFile


def rows_of(path: Path) -> list[dict[str, object]]:
    plain.make_plain(path)
    return [record.row for record in records.records(path, sniff.guess(path))]


@pytest.mark.parametrize(
    "data",
    [
        "id;name\n1;Żółć\n2;B\n".encode("utf-16"),
        "id;name\n1;Żółć\n2;B\n".encode("utf-16-le"),
        "id;name\r1;Żółć\r2;B\r".encode(),
    ],
    ids=["utf-16", "utf-16 without a mark", "carriage returns"],
)
def test_wide_letters_and_old_line_ends_are_rewritten(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)

    assert rows_of(path) == [{"id": "1", "name": "Żółć"}, {"id": "2", "name": "B"}]


def workbook(path: Path, fill: Callable[[xlsxwriter.Workbook], None]) -> Path:
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False})
    fill(book)
    book.close()
    return path


def test_a_workbook_is_read_as_its_first_visible_sheet(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        book.add_worksheet("Hidden").hide()
        sheet = book.add_worksheet("Deals")
        book.get_worksheet_by_name("Deals").activate()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        both = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(2, 0, ["Deal", "Created", "Called", "Value", "Good", "Text"])
        sheet.write(3, 0, 17)
        sheet.write_datetime(3, 1, date(2026, 1, 31), day)
        sheet.write_datetime(3, 2, datetime(2026, 1, 31, 14, 5), both)  # noqa: DTZ001 - as sheets do
        sheet.write(3, 3, 1234.5)
        sheet.write(3, 4, True)  # noqa: FBT003 - a cell
        sheet.write(3, 5, '=cmd|"x"\nnext')

    path = workbook(tmp_path / "deals.xlsx", fill)

    assert rows_of(path) == [
        {"Deal": "17", "Created": "2026-01-31", "Called": "2026-01-31 14:05:00",
         "Value": "1234.5", "Good": "true", "Text": '=cmd|"x"\nnext'}
    ]  # fmt: skip


def zipped(**parts: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name.replace("__", "/"), content)
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (zipped(**{"xl/workbook.xml": b"<a/>", "xl/big.xml": b" " * 90_000_000}), "too much"),
        (zipped(**{"xl/workbook.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><a/>'}), "document type"),
        (zipped(**{"xl/workbook.xml": b"<a/>", "xl/vbaProject.bin": b"x"}), "macros"),
        (zipped(**{"xl/workbook.xml": b"<a/>", "../../evil.xml": b"x"}), "unsafe"),
        (zipped(**{f"p{n}": b"" for n in range(1001)} | {"xl/workbook.xml": b""}), "1002 parts"),
        (zipped(**{"xl/workbook.xml": b"<not a workbook"}), "cannot be read"),
        (zipped(readme=b"x"), "no Excel workbook"),
        (b"PK\x03\x04" + b"\0" * 11_000_000, "10 MB"),
        (b"PK\x03\x04 cut off", "damaged"),
        (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR", "test virus"),
        (b"\x7fELF...", "program"),
    ],
    ids=["bomb", "entities", "macros", "path", "parts", "broken", "zip", "large", "cut", "virus",
         "program"],
)  # fmt: skip
def test_what_could_do_harm_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)

    with pytest.raises(BadFile, match=words):
        plain.make_plain(path)

    assert [left.name for left in tmp_path.iterdir()] == ["file"]


def test_a_sheet_that_claims_to_be_vast_ends_in_a_refusal(tmp_path: Path) -> None:
    """One cell in the first corner and one in the last: 17 thousand million cells between."""

    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "a")
        sheet.write(1_048_575, 16_383, "b")

    with pytest.raises(BadFile):
        plain.make_plain(workbook(tmp_path / "vast.xlsx", fill))


def test_too_many_columns_in_a_sheet_are_named(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "w.xlsx", lambda book: book.add_worksheet().write_row(0, 0, range(300))
    )

    with pytest.raises(BadFile, match="300 columns"):
        plain.make_plain(path)
