"""Remembers what a long file held before, in flat memory: equal rows, and ids that come again."""

import sqlite3
import tempfile
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Self

CACHE_KIB = 48 * 1024
SMALL = 200_000
"""So many entries are kept in memory; a longer file's go to disk."""


def digest(content: bytes) -> int:
    """Give 63 bits that stand for `content`."""
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "big") >> 1


class Occurrences:
    """
    Numbers equal rows 1, 2, 3 … in the file's order, and tells ids that stood in it before.

    Should two different rows ever share their 63 bits, the second is called number 2 of itself:
    still an id of its own, and the same one each time the file is read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._small: dict[int, int] = {}
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
        name = blake2b(content, digest_size=16).hexdigest()
        key = digest(b"row\0" + content)
        number = self._get(key) + 1
        self._set(key, number)
        return f"row-{name}-{number}"

    def before(self, id_: str, content: bytes) -> bool | None:
        """Tell whether `id_` came before with the same content; None if it did not come."""
        key, value = digest(b"id\0" + id_.encode()), digest(content) | 1
        found = self._get(key)
        if not found:
            self._set(key, value)
            return None
        return found == value

    def _get(self, key: int) -> int:
        if self._disk is None:
            return self._small.get(key, 0)
        found = self._disk.execute("SELECT value FROM seen WHERE key = ?", (key,)).fetchone()
        return int(found[0]) if found else 0

    def _set(self, key: int, value: int) -> None:
        if self._disk is not None:
            self._disk.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (key, value))
            return
        self._small[key] = value
        if len(self._small) > SMALL:
            self._move_to_disk()

    def _move_to_disk(self) -> None:
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".seen", delete=False) as file:
            self._file = Path(file.name)
        self._disk = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{CACHE_KIB}"):
            self._disk.execute(f"PRAGMA {pragma}")
        self._disk.execute("CREATE TABLE seen (key INTEGER PRIMARY KEY, value INTEGER NOT NULL)")
        self._disk.execute("BEGIN")
        self._disk.executemany("INSERT INTO seen VALUES (?, ?)", self._small.items())
        self._small.clear()
