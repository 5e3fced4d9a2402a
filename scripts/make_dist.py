"""Builds the wheel and the sdist of the last commit into dist/, twice, and checks them.

Two builds of one commit give the same bytes: what is not committed is left out, and the time in the archives is the
commit's.
"""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a file, it would not find its neighbour
from scripts.dist_check import complaints

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"


def main() -> int:
    """Build, check, and say what came of it."""
    if _git("status", "--porcelain"):
        print("make dist: changes that are not committed are left out", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        builds = [
            build(_sources(Path(folder) / name), umask=umask, zone=zone)
            for name, umask, zone in (("one", 0o022, "UTC"), ("another-folder", 0o077, "Asia/Tokyo"))
        ]
        found = [
            f"{one.name} differs between two builds"
            for one, other in zip(*builds, strict=True)
            if one.read_bytes() != other.read_bytes()
        ]
        found += complaints(builds[0][1], builds[0][0], ROOT)
        twine = subprocess.run(
            [sys.executable, "-m", "twine", "check", "--strict", *builds[0]],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if twine.returncode:
            found.append(twine.stdout + twine.stderr)
        for line in found:
            print(f"make dist: {line}", file=sys.stderr)
        if found:
            return 1
        shutil.rmtree(DIST, ignore_errors=True)
        DIST.mkdir()
        for file in builds[0]:
            shutil.copy(file, DIST)
            print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  dist/{file.name}")
    return 0


def build(sources: Path, *, umask: int, zone: str) -> list[Path]:
    """The sdist and the wheel, as hatchling builds them from these sources."""
    out = sources / "dist"
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--directory", out],
        cwd=sources,
        env={**os.environ, "SOURCE_DATE_EPOCH": _git("log", "-1", "--format=%ct"), "TZ": zone},
        umask=umask,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"make dist: the build failed:\n{done.stderr}")
    return [*out.glob("*.tar.gz"), *out.glob("*.whl")]


def _sources(folder: Path) -> Path:
    """The last commit's files, and nothing else."""
    archive = subprocess.run(
        ["git", "archive", "--format=zip", "HEAD"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        opened.extractall(folder)
    return folder


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
