"""Installs what is in dist/ in each way that the documentation names, and runs it there.

Every way gets an empty environment in a temporary folder. One whose program is missing is named and left out.
`python scripts/try_dist.py PYTHON...` tries these Pythons beside those that are found.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a file, it would not find its neighbour
from scripts.containerfile import Step, steps

from amzlink import __version__

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")


@dataclass(frozen=True, slots=True)
class Way:
    """A way to install: `do` puts amzlink into an empty folder, and gives the program's path there."""

    name: str
    needs: str
    do: Callable[[Path], Path]


def main() -> int:
    """Try each way; 1 if one failed."""
    failed = 0
    for way in ways(sys.argv[1:]):
        if not _runs(way.needs):
            print(f"-       {way.name}: {way.needs} is not installed here", flush=True)
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                try_it(way.do(Path(folder)), Path(folder))
            except subprocess.CalledProcessError as error:
                failed += 1
                print(f"FAILED  {way.name}: {error}\n{error.stdout}", flush=True)
            else:
                print(f"ok      {way.name}", flush=True)
    return int(failed > 0)


def _runs(program: str) -> bool:
    """Whether the program can be started: a version manager's stand-in may be there without it."""
    return (
        bool(shutil.which(program))
        and subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0
    )


def ways(more: list[str]) -> Iterator[Way]:
    """All of them."""
    [wheel], [sdist] = (ROOT / "dist").glob("*.whl"), (ROOT / "dist").glob("*.tar.gz")
    repository = f"git+file://localhost{ROOT}"  # pipx up to 1.7 takes no address without a host
    for python in (*PYTHONS, *more):
        yield Way(f"pip, wheel, {python}", python, partial(_pip, python=python, source=str(wheel)))
    yield Way("pip, sdist", sys.executable, partial(_pip, python=sys.executable, source=str(sdist)))
    for kind, source in (("wheel", str(wheel)), ("git", repository)):
        yield Way(f"pipx, {kind}", "pipx", partial(_pipx, source=source))
        yield Way(f"uv tool, {kind}", "uv", partial(_uv, source=source))
    yield Way("the steps of the Containerfile", sys.executable, _container)


def try_it(program: Path, folder: Path) -> None:
    """Run the program as a new user would. Raises CalledProcessError."""
    home = folder / "empty-home"
    home.mkdir()
    environ = {"HOME": str(home), "PATH": os.defpath, "LANG": "C.UTF-8"}
    version = _run([program, "--version"], environ).strip()
    if version != f"amzlink {__version__}":
        raise subprocess.CalledProcessError(1, str(program), version)
    _run([program, "explain", "--list"], environ)
    _run([program, "demo"], environ)


def _pip(folder: Path, python: str, source: str) -> Path:
    prefix = folder / "venv"
    _run([python, "-m", "venv", prefix])
    _run([prefix / "bin" / "python", "-m", "pip", "install", "--constraint", CONSTRAINTS, source])
    _run(["test", "-f", prefix / "share" / "man" / "man1" / "amzlink.1"])
    return prefix / "bin" / "amzlink"


def _pipx(folder: Path, source: str) -> Path:
    places = {f"PIPX_{name}": str(folder / name.lower()) for name in ("HOME", "BIN_DIR", "MAN_DIR")}
    _run(["pipx", "install", source], {**os.environ, **places})
    return folder / "bin_dir" / "amzlink"


def _uv(folder: Path, source: str) -> Path:
    places = {f"UV_{name}": str(folder / name.lower()) for name in ("TOOL_DIR", "TOOL_BIN_DIR", "CACHE_DIR")}
    _run(["uv", "tool", "install", "--constraints", CONSTRAINTS, source], {**os.environ, **places})
    return folder / "tool_bin_dir" / "amzlink"


def _container(folder: Path) -> Path:
    """Both stages below one folder that stands for the image's root."""
    root = folder / "root"
    build = root / "build"
    build.mkdir(parents=True)
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for step in steps(ROOT / "Containerfile"):
        if step.name == "COPY" and not step.text.startswith("--from"):
            _copy(step, build)
        elif step.name == "RUN":
            command = re.sub(r"(?<!\S)(?=/(?:opt|data|keys)\b)", str(root), step.text)
            if os.geteuid():  # root alone can give a folder away
                command = re.sub(r"--(?:owner|group)=\d+", "", command)
            _run(["sh", "-c", f"mkdir -p {root}/opt && cd {build} && {command}"], environ)
    return root / "opt" / "amzlink" / "bin" / "amzlink"


def _copy(step: Step, build: Path) -> None:
    *sources, target = step.words
    for source in sources:
        place = build / target
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, place)
        else:
            shutil.copy(ROOT / source, place)


def _run(command: Sequence[object], environ: Mapping[str, str] | None = None) -> str:
    """What it prints, both streams. Raises CalledProcessError."""
    done = subprocess.run(
        [str(word) for word in command],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
