"""Large bodies, the end of which is in a file that nobody else can read."""

import os
import sys
import tempfile
from pathlib import Path

import pytest

from amzlink.http.kept_body import IN_MEMORY, PIECE, KeptBody
from amzlink.problems import Problem
from tests.support.rows import each_row

_LINE = b"Erika Mustermann, Heidestr. 17\n"
LARGE = _LINE * ((IN_MEMORY + 2 * PIECE) // len(_LINE) + 1)


def filled(body: bytes, part: int = 70_000) -> tuple[KeptBody, bytes]:
    kept = KeptBody()
    return kept, kept.fill(body[start : start + part] for start in range(0, len(body), part))


def files_in(folder: Path) -> list[int]:
    """What this process has open in a folder, whether it has a name or not."""
    found = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            if str(link.readlink()).startswith(f"{folder}/"):
                found.append(int(link.name))
        except OSError:
            continue
    return found


@each_row(("size", "in_memory"), [(0, True), (1, True), (PIECE, True), (IN_MEMORY - 1, True), (len(LARGE), False)])
def test_a_body_comes_back_whole_as_often_as_somebody_goes_through_it(size: int, in_memory: bool) -> None:
    body = LARGE[:size]
    kept, given = filled(body)
    assert kept.is_in_memory is in_memory
    assert given == (body if in_memory else body[:PIECE])
    assert b"".join(kept) == b"".join(kept) == body
    assert all(len(piece) == PIECE for piece in list(kept)[:-1])


def test_only_the_last_of_several_attempts_is_kept() -> None:
    kept, _ = filled(LARGE)
    assert kept.fill([b"short"]) == b"short"
    assert (b"".join(kept), kept.is_in_memory) == (b"short", True)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at the process's open files")
def test_what_is_on_the_disk_has_no_name_cannot_be_read_and_goes_with_the_body(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    kept, _ = filled(LARGE)
    assert list(tmp_path.iterdir()) == []
    (descriptor,) = files_in(tmp_path)
    there = os.pread(descriptor, 10 * IN_MEMORY, 0)
    assert len(there) > len(LARGE) - IN_MEMORY - PIECE
    assert b"Mustermann" not in there
    del kept
    assert files_in(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks at the process's open files")
def test_a_disk_that_gives_something_else_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    kept, _ = filled(LARGE)
    (descriptor,) = files_in(tmp_path)
    os.pwrite(descriptor, b"other", 10)
    with pytest.raises(Problem, match="disk") as told:
        list(kept)
    assert told.value.name.value == "disk-broken"


def test_without_room_for_a_file_all_stays_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not-there"))
    kept, _ = filled(LARGE)
    assert b"".join(kept) == LARGE


@pytest.mark.skipif(sys.platform == "win32", reason="sets a limit of POSIX")
@each_row("room", [0, 7, PIECE + 16, PIECE + 17])
def test_what_finds_no_room_in_the_file_stays_in_memory(room: int) -> None:
    """A limit on the size of files is met where a full disk is: at the beginning of a piece, or within one."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        kept, _ = filled(LARGE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert b"".join(kept) == LARGE
