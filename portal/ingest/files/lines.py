"""Physical lines of a file: bounded, decoded one by one, with their place, and a way back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from portal.ingest.files.limits import LINE_BYTES, RECORD_LINES


@dataclass(frozen=True, slots=True)
class Place:
    """A point between two lines."""

    offset: int = 0
    """Bytes before it."""
    line: int = 0
    """Lines before it."""


class BadLine(ValueError):
    """A line, or a run of lines in one quoted cell, that cannot be read."""


class Lines(Iterator[str]):
    """
    Lines from `place` on. `mark` starts a record; one that grows too long is a BadLine.

    After a BadLine reading may go on: `place` is behind the line, `after_first` behind the first
    line of the record.
    """

    def __init__(self, file: BinaryIO, encoding: str, place: Place) -> None:
        self._file = file
        self._encoding = encoding
        self.go(place)

    def go(self, place: Place) -> None:
        """Read on from `place`."""
        self._file.seek(place.offset)
        self.place = place
        self.mark()

    def mark(self) -> None:
        """Start a record here."""
        self._bytes = 0
        self._lines = 0
        self.after_first = self.place

    def __next__(self) -> str:
        raw = self._file.readline(LINE_BYTES + 1)
        if not raw:
            raise StopIteration
        size = len(raw)
        is_long = size > LINE_BYTES
        if is_long and not raw.endswith(b"\n"):
            size += self._skip_line()
        self._advance(size)
        if is_long:
            raise BadLine(f"the line is longer than {LINE_BYTES // 1024} KB")
        if self._bytes > LINE_BYTES or self._lines > RECORD_LINES:
            raise BadLine("a quote is opened and not closed")
        return self._decoded(raw)

    def _advance(self, size: int) -> None:
        self.place = Place(self.place.offset + size, self.place.line + 1)
        self._bytes += size
        self._lines += 1
        if self._lines == 1:
            self.after_first = self.place

    def _decoded(self, raw: bytes) -> str:
        if b"\0" in raw:
            raise BadLine("the line holds a NUL character")
        if self.place.line == 1 and raw.startswith(b"\xef\xbb\xbf"):
            raw = raw[3:]
        try:
            return raw.decode(self._encoding)
        except UnicodeDecodeError as error:
            raise BadLine(f"the line is not {self._encoding}: byte {error.start + 1}") from None

    def _skip_line(self) -> int:
        skipped = 0
        while part := self._file.readline(LINE_BYTES):
            skipped += len(part)
            if part.endswith(b"\n"):
                break
        return skipped
