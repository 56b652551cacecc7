"""What a file is judged by: its start, and short pieces from all over it."""

from dataclasses import dataclass
from pathlib import Path

from portal.ingest.files.limits import PLACE_BYTES, SAMPLE_BYTES, SAMPLE_PLACES


@dataclass(frozen=True, slots=True)
class Sample:
    """Whole lines of one file."""

    head: bytes
    pieces: tuple[bytes, ...] = ()
    """From evenly spread places behind the head: a file sorted by date shows its late days too."""

    @property
    def all(self) -> bytes:
        """Head and pieces in one."""
        return b"".join((self.head, *self.pieces))


def take(path: Path) -> Sample:
    """Read a sample of at most about half a megabyte, whatever the file's size."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= SAMPLE_BYTES + SAMPLE_PLACES * PLACE_BYTES:
            return Sample(file.read())
        head = file.read(SAMPLE_BYTES)
        step = (size - SAMPLE_BYTES) // SAMPLE_PLACES
        pieces = []
        for number in range(1, SAMPLE_PLACES + 1):
            file.seek(SAMPLE_BYTES + number * step - PLACE_BYTES)
            pieces.append(_whole_lines(file.read(PLACE_BYTES), from_middle=True))
    return Sample(_whole_lines(head, from_middle=False), tuple(pieces))


def _whole_lines(piece: bytes, *, from_middle: bool) -> bytes:
    start = piece.find(b"\n") + 1 if from_middle else 0
    end = piece.rfind(b"\n") + 1
    return piece[start:end]
