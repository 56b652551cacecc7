"""Counts how often each row has come before, on disk: ids for rows without one, in flat memory."""

import sqlite3
import tempfile
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Self

CACHE_KIB = 48 * 1024
SMALL = 200_000
"""So many different rows are counted in memory; a longer file's go to disk."""


class Occurrences:
    """
    Numbers equal rows 1, 2, 3 … in the file's order.

    Numbers are kept under 63 bits of the hash. Should two rows ever share them, the second is
    called number 2 of itself: still an id of its own, and the same one each time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._counts: dict[int, int] = {}
        self._disk: sqlite3.Connection | None = None
        self._file: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._disk is not None and self._file is not None:
            self._disk.close()
            self._file.unlink(missing_ok=True)

    def row_id(self, content: bytes) -> str:
        """Make the id of a row: what it says, and which of its kind it is."""
        digest = blake2b(content, digest_size=16).digest()
        key = int.from_bytes(digest[:8], "big") >> 1
        return f"row-{digest.hex()}-{self._count(key)}"

    def _count(self, key: int) -> int:
        if self._disk is None:
            number = self._counts[key] = self._counts.get(key, 0) + 1
            if len(self._counts) > SMALL:
                self._move_to_disk()
            return number
        found = self._disk.execute(
            "INSERT INTO seen VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET n = n + 1 RETURNING n",
            (key,),
        ).fetchone()
        return int(found[0])

    def _move_to_disk(self) -> None:
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".rows", delete=False) as file:
            self._file = Path(file.name)
        self._disk = sqlite3.connect(self._file, isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{CACHE_KIB}"):
            self._disk.execute(f"PRAGMA {pragma}")
        self._disk.execute("CREATE TABLE seen (key INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
        self._disk.execute("BEGIN")
        self._disk.executemany("INSERT INTO seen VALUES (?, ?)", self._counts.items())
        self._counts.clear()
