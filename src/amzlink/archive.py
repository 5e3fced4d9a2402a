"""The cold archive: what tax needs of purged orders, encrypted to a key that this machine does not have.

One file per store and run, in the format of age (age-encryption.org/v1), which the standard `age -d` opens. Inside
are lines of JSON: a manifest, then one record an order. The plain text is never on the disk, and in memory no more of
it than a few dozen kilobytes at a time.
"""

import hashlib
import io
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import msgspec

from amzlink import __version__
from amzlink.clock import to_iso
from amzlink.core.privacy.archive_recipients import AgeKey, clean, kind_of
from amzlink.core.privacy.tax_record import FIELDS
from amzlink.files.os_errors import translated_errors
from amzlink.files.reading import refuse_other_kinds
from amzlink.files.writing import in_place_when_whole
from amzlink.problems import Problem, ProblemName, machine, privacy

if TYPE_CHECKING:
    from pyrage import x25519

SCHEMA: Final = 1
COLD_AFTER: Final = timedelta(days=7)  # a file that still lies where it was written is not cold yet

_STAMP: Final = "%Y-%m-%dT%H%M%SZ"  # no colons: Windows takes none in a name
# The number tells apart files of one second; a store's slug has no dot.
_NAME: Final = re.compile(r"(?P<stamp>\d{4}-\d\d-\d\dT\d{6}Z)-(?P<store>[a-z0-9-]+)(\.\d+)?\.jsonl\.age")
_PART: Final = re.compile(rf"\.{_NAME.pattern}\.part")
_ABANDONED_AFTER: Final = timedelta(days=1)
_READ_BACK: Final = 1 << 20
_MOST_OF_A_KEY_FILE: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Recipients:
    """The public keys (`age1...`) whose owners can open an archive, each of them alone."""

    keys: tuple[str, ...]

    @classmethod
    def parse(cls, texts: Iterable[str]) -> "Recipients":
        """Check keys as they were given; the same key twice counts once.

        Only age's own X25519 keys are taken. What was given is never repeated in a message, since it may be secret.

        Raises:
            Problem: `private-key-given`, for an identity or a file that holds one; `recipient-unusable`, for anything
                else that is no whole public key, and where none was given at all.
        """
        keys: dict[str, None] = {}
        for number, text in enumerate(texts, 1):
            key = clean(text)
            _check(key, number)
            keys[key.lower()] = None
        if not keys:
            raise Problem(ProblemName.RECIPIENT_UNUSABLE, number=1, found=AgeKey.EMPTY)
        return cls(tuple(keys))


class ArchiveFile(msgspec.Struct, frozen=True):
    """A file that is whole and on the disk, and how many orders are in it."""

    path: Path
    orders: int


class OldFile(msgspec.Struct, frozen=True):
    """An archive that has not been moved away: of which store, and since when it lies there."""

    path: Path
    store: str
    made_at: datetime


def check_archive(folder: Path, recipients: Iterable[str]) -> None:
    """Whether an archive could be written there for these, as far as that can be seen before.

    Raises:
        Problem: as `Recipients.parse`; `archive-folder-missing`.
    """
    Recipients.parse(recipients)
    _require(folder)


def _require(folder: Path) -> None:
    """A folder is never made here: its disk may not be mounted, and the gap must not be filled."""
    if not folder.is_dir():
        raise Problem(ProblemName.ARCHIVE_FOLDER_MISSING, file=folder)


def write_archive(
    folder: Path,
    recipients: Recipients,
    *,
    store: str,
    made_at: datetime,
    records: Iterable[Mapping[str, Any]],
    count: int,
) -> ArchiveFile:
    """Write one file into `folder`, which has to be there; when this returns it is whole, synced and read back.

    `records` are read one by one, and there have to be `count` of them: the manifest tells it before the first is
    known. No file is ever written over. Whatever fails, and be it a record, leaves nothing under the file's name.

    Raises:
        ValueError: there were more or fewer records, or none.
        Problem: `archive-folder-missing`, `not-writable`, `disk-full` or `disk-broken`.
    """
    if count < 1:
        raise ValueError("an archive of nothing")
    _require(folder)
    _remove_abandoned(folder, store, made_at)
    manifest = {
        "schema": SCHEMA,
        "store": store,
        "made_at": to_iso(made_at),
        "records": count,
        "fields": FIELDS,
        "amzlink": __version__,
    }
    path, part, handle = _reserve(folder, f"{made_at.astimezone(UTC).strftime(_STAMP)}-{store}")
    written = b""
    with in_place_when_whole(handle, part, path, check=lambda: _compare(part, written, path)) as file:
        written = _encrypt(_lines(manifest, records, count), recipients, file, path)
    return ArchiveFile(path, count)


def old_files(folder: Path, now: datetime) -> list[OldFile]:
    """The archives that lie in `folder` for at least so long by the time in their names, the oldest first.

    A folder that is not there (its disk was taken away) has none.

    Raises:
        Problem: `not-writable` or `disk-broken`, where the folder cannot be looked into.
    """
    with translated_errors(folder):
        try:
            paths = list(folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
        files = [
            OldFile(path, found["store"], made_at)
            for path in paths
            if (found := _NAME.fullmatch(path.name))
            and (made_at := _moment(found["stamp"])) is not None
            and now - made_at >= COLD_AFTER
            and path.is_file()
        ]
    return sorted(files, key=lambda file: (file.made_at, file.path))


def _check(key: str, number: int) -> None:
    kind: str = kind_of(key)
    if kind is AgeKey.UNKNOWN:
        kind = _kind_of_file(key)
    if kind is AgeKey.PRIVATE:
        raise Problem(ProblemName.PRIVATE_KEY_GIVEN, number=number)
    if kind is AgeKey.PUBLIC and not _takes(key):
        kind = AgeKey.DAMAGED
    if kind is not AgeKey.PUBLIC:
        raise Problem(ProblemName.RECIPIENT_UNUSABLE, number=number, found=kind)


def _kind_of_file(name: str) -> str:
    """What a text is that may be the name of a file: people give the one that `age-keygen` wrote."""
    try:
        path = Path(name).expanduser()
        refuse_other_kinds(path)
        with path.open("rb") as file:
            content = file.read(_MOST_OF_A_KEY_FILE)
    except (OSError, ValueError, RuntimeError):  # there is none; no file can have the name; the home of nobody
        return AgeKey.UNKNOWN
    if kind_of(content.decode(errors="replace")) is AgeKey.PRIVATE:
        return AgeKey.PRIVATE
    return privacy.A_FILE


def _takes(key: str) -> bool:
    """Whether one can encrypt to the key: the check sum fits, and it is no point that anybody could open."""
    import pyrage  # noqa: PLC0415 - only a purge with an archive needs it

    try:
        pyrage.encrypt(b"", _loaded([key]))
    except pyrage.RecipientError:
        return False
    except BaseException as error:  # the library panics at a key of low order, and that is no Exception
        if type(error).__name__ != "PanicException":
            raise
        return False
    return True


def _loaded(keys: Iterable[str]) -> "Sequence[x25519.Recipient]":
    from pyrage import x25519  # noqa: PLC0415 - only a purge with an archive needs it

    return [x25519.Recipient.from_str(key) for key in keys]


def _lines(manifest: Mapping[str, Any], records: Iterable[Mapping[str, Any]], count: int) -> Iterator[bytes]:
    encode = msgspec.json.encode
    yield encode(manifest) + b"\n"
    number = 0
    for number, record in enumerate(records, 1):
        if number > count:
            break
        yield encode(record) + b"\n"
    if number != count:
        raise ValueError(
            f"the archive was to have {count} records, and there are {'more' if number > count else number}"
        )


def _encrypt(lines: Iterator[bytes], recipients: Recipients, file: BinaryIO, path: Path) -> bytes:
    """Encrypt the lines into an open file; the digest of what was written.

    The library writes into memory, and what is there goes to the disk before it reads on: an error of a writer in
    its last block would be lost, and with it that block.
    """
    import pyrage  # noqa: PLC0415 - only a purge with an archive needs it

    encrypted, written = io.BytesIO(), hashlib.sha256()

    def drain() -> None:
        rest = encrypted.getvalue()
        encrypted.seek(0)
        encrypted.truncate()
        written.update(rest)
        with translated_errors(path):
            file.write(rest)

    source = _Source(lines, drain)
    try:
        pyrage.encrypt_io(source, encrypted, _loaded(recipients.keys))
    except pyrage.EncryptError as error:
        # Of what was raised while it read, the library keeps the text alone.
        if source.failure is not None:
            raise source.failure from None
        if str(error).startswith(KeyboardInterrupt.__name__):  # it came before the first line of `read`
            raise KeyboardInterrupt from None
        raise
    drain()
    return written.digest()


class _Source(io.BufferedIOBase):
    """What is to be encrypted, made as it is read. `failure` is what was raised meanwhile."""

    def __init__(self, lines: Iterator[bytes], before_each: Callable[[], None]) -> None:
        self._lines = lines
        self._before_each = before_each
        self._rest = b""
        self.failure: BaseException | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        """At most `size` bytes; none at the end."""
        wanted = sys.maxsize if size is None or size < 0 else size
        try:
            self._before_each()
            pieces, length = [self._rest], len(self._rest)
            while length < wanted and (line := next(self._lines, None)) is not None:
                pieces.append(line)
                length += len(line)
            together = b"".join(pieces)
            self._rest = together[wanted:]
        except BaseException as error:
            self.failure = error
            raise
        return together[:wanted]


def _reserve(folder: Path, stem: str) -> tuple[Path, Path, int]:
    """A free name, the name to write under until all is there, and that file, open.

    Who holds the second name has the first one as well, since nobody takes a name but by it. That needs no hard links,
    which many a stick and network drive does not know.
    """
    number = 0
    while True:
        number += 1
        path = folder / f"{stem}{'' if number == 1 else f'.{number}'}.jsonl.age"
        part = folder / f".{path.name}.part"
        with translated_errors(path):
            try:
                handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            except FileExistsError:
                continue
            if not os.path.lexists(path):
                return path, part, handle
            os.close(handle)
            part.unlink()


def _compare(part: Path, written: bytes, path: Path) -> None:
    """Read back what was written, from the disk as far as the system can be told not to answer from memory."""
    found = hashlib.sha256()
    with translated_errors(path), part.open("rb", buffering=0) as file:
        forget: Callable[..., None] | None = getattr(os, "posix_fadvise", None)
        if forget is not None:
            forget(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while block := file.read(_READ_BACK):
            found.update(block)
    if found.digest() != written:
        raise Problem(ProblemName.DISK_BROKEN, file=path, detail=machine.READ_BACK_DIFFERS)


def _remove_abandoned(folder: Path, store: str, now: datetime) -> None:
    """Remove what runs of this store left half-written when they were killed."""
    with translated_errors(folder):
        for path in folder.iterdir():
            found = _PART.fullmatch(path.name)
            if found and found["store"] == store:
                made_at = _moment(found["stamp"])
                if made_at is not None and now - made_at > _ABANDONED_AFTER:
                    path.unlink(missing_ok=True)


def _moment(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
