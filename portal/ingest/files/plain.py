"""Makes any upload a file that can be read line by line: workbooks, UTF-16 and old line ends."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from portal.ingest.files import encodings, sample
from portal.ingest.files.limits import (
    WORKBOOK_BYTES,
    WORKBOOK_ENTRIES,
    WORKBOOK_RATIO,
    WORKBOOK_SECONDS,
    WORKBOOK_UNPACKED_BYTES,
)
from portal.ingest.files.values import BadFile

BLOCK = 1024 * 1024
ZIP = b"PK\x03\x04"
REFUSED = {
    b"\xd0\xcf\x11\xe0": "this is an old or protected Excel file; save it as .xlsx or CSV",
    b"%PDF": "this is a PDF",
    b"\x1f\x8b": "this is a compressed file; unpack it first",
    b"7z\xbc\xaf": "this is a compressed file; unpack it first",
    b"Rar!": "this is a compressed file; unpack it first",
    b"MZ": "this is a program",
    b"\x7fELF": "this is a program",
    b"\x89PNG": "this is a picture",
    b"\xff\xd8\xff": "this is a picture",
    b"X5O!P%@AP": "this is a test virus",
}
"""First bytes of what is no table at all."""
DOCTYPES = (b"<!DOCTYPE", b"<!ENTITY")


def make_plain(path: Path) -> None:
    """
    Replace the file by a plain one of the same rows, where it is not plain already.

    Raises:
        BadFile: it is not a table, or a workbook beyond the limits.
    """
    with path.open("rb") as file:
        start = file.read(16)
    for mark, reason in REFUSED.items():
        if start.startswith(mark):
            raise BadFile(reason)
    if start.startswith(ZIP):
        _from_workbook(path)
        return
    taken = sample.take(path)
    encoding = encodings.guess(taken.head)
    is_wide = encoding.startswith(("utf-16", "utf-32"))
    if is_wide or (b"\n" not in taken.head and b"\r" in taken.head):
        _rewrite(path, encoding)


def _rewrite(path: Path, encoding: str) -> None:
    """Write it again as UTF-8 with line feeds, in blocks."""
    target = path.with_suffix(".plain")
    with (
        path.open(encoding=encoding, errors="replace", newline=None) as old,
        target.open("w", encoding="utf-8", newline="\n") as new,
    ):
        while block := old.read(BLOCK):
            new.write(block)
    target.replace(path)


def _from_workbook(path: Path) -> None:
    """Let a child of its own, with limits on time and memory, read the workbook."""
    check_workbook(path)
    target = path.with_suffix(".plain")
    command = [sys.executable, "-m", "portal.ingest.files.workbook", str(path), str(target)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module and two paths of our making
            command, capture_output=True, timeout=WORKBOOK_SECONDS, check=False, env=os.environ
        )
    except subprocess.TimeoutExpired:
        target.unlink(missing_ok=True)
        raise BadFile("the workbook takes too long to read; save the sheet as CSV") from None
    if done.returncode:
        target.unlink(missing_ok=True)
        words = done.stdout.decode(errors="replace").strip()
        raise BadFile(words or "the workbook cannot be read; save the sheet as CSV")
    target.replace(path)


def check_workbook(path: Path) -> None:
    """
    Look at a workbook's parts before anything unpacks them.

    Raises:
        BadFile: too large, too many, macros, names with a path, or a document type in the XML.
    """
    if path.stat().st_size > WORKBOOK_BYTES:
        raise BadFile(f"a workbook may have {WORKBOOK_BYTES >> 20} MB; save the sheet as CSV")
    try:
        with zipfile.ZipFile(path) as book:
            _check_parts(book.infolist())
            for part in book.infolist():
                _check_xml(book, part)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise BadFile("the workbook is damaged or protected") from error


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    names = [part.filename for part in parts]
    if len(parts) > WORKBOOK_ENTRIES:
        raise BadFile(f"the workbook has {len(parts)} parts; at most {WORKBOOK_ENTRIES}")
    if "xl/workbook.xml" not in names:
        raise BadFile("this is no Excel workbook; send .xlsx, CSV or NDJSON")
    if any(name.endswith("vbaProject.bin") for name in names):
        raise BadFile("a workbook with macros is not read; save it as .xlsx")
    if any(".." in name or name.startswith(("/", "\\")) or ":" in name for name in names):
        raise BadFile("the workbook's parts have unsafe names")
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts) or 1
    if unpacked > WORKBOOK_UNPACKED_BYTES or unpacked / packed > WORKBOOK_RATIO:
        raise BadFile("the workbook unpacks to too much; save the sheet as CSV")


def _check_xml(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    if not part.filename.endswith((".xml", ".rels")):
        return
    before = b""
    with book.open(part) as xml:
        while block := xml.read(BLOCK):
            if any(mark in before + block for mark in DOCTYPES):
                raise BadFile("the workbook's XML declares a document type; that is not read")
            before = block[-16:]
