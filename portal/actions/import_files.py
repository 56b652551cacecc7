"""Uploaded files on disk: written to a temporary name, made durable, then named by a random key."""

import errno
import os
import secrets
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from portal.core.calendar import now
from portal.core.errors import NoSpace, Refused, TooLarge
from portal.core.settings import current_config
from portal.ingest.files.plain import make_plain
from portal.ingest.files.values import BadFile

NAME_CHARACTERS = 120
LEFT_SECONDS = 24 * 3600
BLOCK = 1024 * 1024


def folder() -> Path:
    """The folder of uploaded files; only the portal's own user may look into it."""
    path = current_config().data_dir / "imports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def path_of(key: str) -> Path:
    """Where the file of a key lies."""
    return folder() / key


def remove(key: str) -> None:
    """Delete a file, if it is there."""
    if key:
        path_of(key).unlink(missing_ok=True)


def shown_name(name: str) -> str:
    """What a sender calls the file, made safe to show: no path, no control or direction signs."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C")
    return plain.strip()[:NAME_CHARACTERS] or "file"


class Incoming:
    """A file on its way in. `write` counts and hashes; `keep` gives it its name."""

    def __init__(self, file: BinaryIO, path: Path, most: int) -> None:
        self._file = file
        self._hash = sha256()
        self._most = most
        self.path = path
        self.size = 0
        self.key = ""

    @property
    def sha256(self) -> bytes:
        """Of the bytes as they were sent."""
        return self._hash.digest()

    def write(self, data: bytes) -> int:
        """
        Take some bytes.

        Raises:
            TooLarge: there are more than the setting allows.
            NoSpace: the disk is full.
        """
        self.size += len(data)
        if self.size > self._most:
            raise TooLarge(f"A file may have {self._most >> 20} MB.")
        self._hash.update(data)
        with _enough_space():
            return self._file.write(data)

    def keep(self) -> str:
        """
        Make the file plain and durable, name it by a random key and return that.

        The row that knows the key is written after this, so no row is without its file.

        Raises:
            Refused: it is no table that can be read.
        """
        with _enough_space():
            self._file.flush()
            try:
                make_plain(self.path)
            except BadFile as error:
                raise Refused(f"This file cannot be imported: {error}.", field="file") from error
            with self.path.open("rb") as file:
                os.fsync(file.fileno())
            key = secrets.token_hex(16)
            self.path.replace(path_of(key))
            _sync_folder()
        self.key = key
        return key


@contextmanager
def incoming() -> Iterator[Incoming]:
    """Open a temporary file; whatever was not kept by the end is gone."""
    remove_left()
    path = folder() / f"{secrets.token_hex(16)}.part"
    most = current_config().import_megabytes * BLOCK
    with _enough_space(), path.open("xb") as file:
        taken = Incoming(file, path, most)
        try:
            yield taken
        finally:
            path.unlink(missing_ok=True)


def copy_in(source: Path, target: Incoming) -> None:
    """Take a file of this machine."""
    with source.open("rb") as file:
        while block := file.read(BLOCK):
            target.write(block)


def free_bytes() -> int:
    """How much room the disk of the folder has."""
    return shutil.disk_usage(folder()).free


def remove_left() -> None:
    """Delete temporary files of uploads that ended without a word a day ago or longer."""
    for pattern in ("*.part", "*.seen", "*.plain"):
        for path in folder().glob(pattern):
            if now().timestamp() - path.stat().st_mtime > LEFT_SECONDS:
                path.unlink(missing_ok=True)


@contextmanager
def _enough_space() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise NoSpace("There is no space for this file on the server.") from error
        raise


def _sync_folder() -> None:
    handle = os.open(folder(), os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
