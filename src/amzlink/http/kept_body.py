"""A body that may be large, kept for as long as it is read: a report of all open orders grows with the shop.

Its beginning stays in memory. The rest is in a temporary file, encrypted with a key that only this process has: it
holds buyers' addresses, and of those nothing may stay on the disk that anybody can read.
"""

import errno
import os
import secrets
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from amzlink.files.os_errors import translated_errors

IN_MEMORY: Final = 4 * 1024 * 1024
"""Bytes; a packed report of 50,000 orders has as many."""
PIECE: Final = 256 * 1024
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_RECORD: Final = PIECE + 16  # what a sealed piece takes: AES-GCM adds its tag


class KeptBody:
    """What it was filled with, in pieces of `PIECE` bytes, each time that somebody goes through it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._file: _SealedFile | None = None

    def fill(self, parts: Iterable[bytes]) -> bytes:
        """Keep these and nothing else. Gives all of a body that fits into memory, and the beginning of a larger one."""
        self._pieces, self._file = [], None
        rest = bytearray()
        for part in parts:
            rest += part
            while len(rest) >= PIECE:
                self._keep(bytes(rest[:PIECE]))
                del rest[:PIECE]
        self._keep(bytes(rest))
        return self._pieces[0] if self._file else b"".join(self._pieces)

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        if self._file:
            yield from self._file

    @property
    def is_in_memory(self) -> bool:
        """Whether `fill` has given all of it."""
        return self._file is None

    def _keep(self, piece: bytes) -> None:
        if self._file is None and len(self._pieces) * PIECE < IN_MEMORY:
            self._pieces.append(piece)
            return
        self._file = self._file or _SealedFile()
        self._file.add(piece)


class _SealedFile:
    """Pieces in a file without a name, which goes with this object. Where there is no room, they stay in memory."""

    def __init__(self) -> None:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - few bodies are so large
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        self._damaged = InvalidTag
        self._cipher = AESGCM(secrets.token_bytes(_KEY_BYTES))
        self._sealed = 0
        self._without_room: list[bytes] = []
        self._file = _without_name()
        if self._file is not None:
            weakref.finalize(self, self._file.close)

    def add(self, piece: bytes) -> None:
        """Keep a piece; each but the last has `PIECE` bytes."""
        if self._file is not None and not self._without_room and self._is_written(self._file, piece):
            self._sealed += 1
        else:
            self._without_room.append(piece)

    def __iter__(self) -> Iterator[bytes]:
        """The pieces. Raises a Problem, `disk-broken`, where the file does not give what was written into it."""
        if self._file is not None:
            for number in range(self._sealed):
                yield self._read(self._file, number)
        yield from self._without_room

    def _is_written(self, file: BinaryIO, piece: bytes) -> bool:
        sealed = self._cipher.encrypt(_nonce(self._sealed), piece, None)
        try:
            file.seek(self._sealed * _RECORD)
            return file.write(sealed) == len(sealed)
        except OSError:
            return False

    def _read(self, file: BinaryIO, number: int) -> bytes:
        with translated_errors(Path(tempfile.gettempdir())):
            file.seek(number * _RECORD)
            try:
                return self._cipher.decrypt(_nonce(number), file.read(_RECORD), None)
            except self._damaged:
                raise OSError(errno.EIO, os.strerror(errno.EIO)) from None


def _without_name() -> BinaryIO | None:
    """A file that goes when it is closed, however that comes; None where none can be made."""
    try:
        # Not buffered, so that a full disk is met where it is written to.
        return tempfile.TemporaryFile(buffering=0)
    except OSError:
        return None


def _nonce(number: int) -> bytes:
    """A number that is used once with its key."""
    return number.to_bytes(_NONCE_BYTES)
