"""Programs in processes of their own, without paying for the start of Python each time: one that is warm forks.

What runs is what `python -m MODULE WORDS...` would run: the program's own entry, with an environment, standard streams
and an exit code of its own, and dead where a signal kills it. Only what stays the same is shared, loading modules
and what SQLAlchemy makes of a statement: most of what a short command costs. `tests/cli/test_fresh_start.py` holds that
a fresh start of Python does the same.

`python -m tests.support.forked_programs DESCRIPTOR` is the process that forks. It loads no keyring: a keyring chooses
its back end when it is loaded, by the environment.
"""

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any, Final, Self

_ROOT: Final = Path(__file__).resolve().parents[2]
# What amzlink, or what it stands on, loads only when it is needed.
_LAZY: Final = (
    "alembic.migration", "alembic.script", "anyio", "certifi", "cryptography.hazmat.primitives.ciphers.aead",
    "encodings.idna", "encodings.utf_8_sig", "filelock", "h11", "httpcore", "rich.progress", "rich.table",
    "sqlalchemy.dialects.sqlite", "tomli_w", "truststore", "typer._click.decorators",
)  # fmt: skip
_NOT_LOADED: Final = ("amzlink.__main__", "amzlink.orderbook.migrations.", "amzlink.sandbox")
_REHEARSED: Final = (
    ("import-orders",), ("push-status",), ("status",), ("orders", "list"), ("stores", "list"), ("purge-pii", "--yes"),
)  # fmt: skip
# Python reads these before it runs anything.
_READ_AT_THE_START: Final = ("LANG", "LC_", "PYTHON")
_READ_LATER: Final = ("PYTHONPATH", "PYTHON_KEYRING_BACKEND")
_OF_COVERAGE: Final = "COVERAGE_"  # how `make coverage` reaches the processes that tests start


def run(
    module: str, words: Sequence[str], *, env: Mapping[str, str], stdin: str | None = None, timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run a module as a program, without a terminal; `timeout` is in seconds.

    Raises:
        TimeoutExpired: it took longer, and was killed.
        ValueError: a variable of the environment works at the start of Python only.
    """
    with (
        tempfile.TemporaryFile("w+") as given,
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+") as err,
        Path(os.devnull).open() as nothing,
    ):
        given.write(stdin or "")
        given.seek(0)
        streams = [stream.fileno() for stream in (nothing if stdin is None else given, out, err)]
        with Program(module, words, env=env, streams=streams, timeout=timeout) as program:
            code = program.wait()
        texts = [_whole(stream) for stream in (out, err)]
    return subprocess.CompletedProcess([module, *words], code, *texts)


class Program:
    """A module that runs as a program, with these descriptors as its standard streams; as a context, killed at the end.

    With `own_session` no terminal controls it. Raises `ValueError` as `run` does.
    """

    def __init__(
        self,
        module: str,
        words: Sequence[str],
        *,
        env: Mapping[str, str],
        streams: Sequence[int],
        timeout: float = 300,
        own_session: bool = False,
    ) -> None:
        if early := [name for name in env if name.startswith(_READ_AT_THE_START) and name not in _READ_LATER]:
            raise ValueError(f"{', '.join(early)}: this needs a fresh start of Python")
        self._name, self._seconds = [module, *words], timeout
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(_warm(), [b"."], [*streams, theirs.fileno()])
        request = {
            "module": module, "words": words, "env": dict(env), "folder": str(Path.cwd()), "seconds": timeout,
            "own_session": own_session,
        }  # fmt: skip
        with ours:
            ours.sendall(json.dumps(request).encode())
            ours.shutdown(socket.SHUT_WR)
            self._answers = ours.makefile("rb")
        self.pid: int = json.loads(self._answers.readline())
        self._end: dict[str, Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def signal(self, number: int) -> None:
        """Send a signal, unless it has come to its end."""
        if self._end is None and not select.select([self._answers], [], [], 0)[0]:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Bring it to its end, if it has not come to it, and let go of it."""
        self.signal(signal.SIGKILL)
        with self._answers, contextlib.suppress(subprocess.TimeoutExpired):
            self.wait()

    def wait(self) -> int:
        """Wait for the end; the exit code, or the signal that killed it, negative.

        Raises:
            TimeoutExpired: it took longer than its `timeout`, and was killed.
        """
        if self._end is None:
            self._end = json.loads(self._answers.readline())
        if self._end["late"]:
            raise subprocess.TimeoutExpired(self._name, self._seconds)
        code: int = self._end["code"]
        return code


def _whole(stream: IO[str]) -> str:
    stream.seek(0)
    return stream.read()


@cache
def _warm() -> socket.socket:
    """The line to the process that forks, which lives as long as this one."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            env={name: value for name, value in os.environ.items() if name == "PATH" or name.startswith(_OF_COVERAGE)},
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _load() -> None:
    import amzlink

    ours = (found.name for found in pkgutil.walk_packages(amzlink.__path__, "amzlink."))
    for name in [*_LAZY, *(name for name in ours if not name.startswith(_NOT_LOADED))]:
        importlib.import_module(name)
    _rehearse()
    assert "keyring" not in sys.modules
    gc.collect()
    gc.freeze()


def _rehearse() -> None:
    """Run what most tests run once here, so that its statements are compiled."""
    from amzlink.cli.main import run as run_command_line
    from tests.support import statements
    from tests.support.world import store_on_sandbox

    statements.share()
    with tempfile.TemporaryDirectory() as folder:
        shop = store_on_sandbox(Path(folder), orders=12, destination="sendcloud", update_status_when="announced")
        for words in _REHEARSED:
            with contextlib.redirect_stdout(io.StringIO()) as nowhere, contextlib.redirect_stderr(nowhere):
                run_command_line(words, shop.deps)


def _serve(line: socket.socket) -> None:
    """Fork for every request; comes back when nobody asks any more, and in the process of each program."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the program that runs
    children = 0
    while True:
        message, descriptors, _, _ = socket.recv_fds(line, 1, 4)
        if not message:
            return
        if not os.fork():
            line.close()
            _keep(*descriptors)
            return
        children += 1
        for descriptor in descriptors:
            os.close(descriptor)
        while children and os.waitpid(-1, os.WNOHANG)[0]:
            children -= 1


def _keep(*descriptors: int) -> None:
    """Fork a program, tell its number, wait for its end, and tell it; comes back in the process of the program."""
    *streams, descriptor = descriptors
    with socket.socket(fileno=descriptor) as asking:
        with asking.makefile("rb") as file:
            request = json.load(file)
        program = os.fork()
        if program:
            for stream in streams:
                os.close(stream)
            asking.sendall(b"%d\n" % program)
            asking.sendall(json.dumps(_end_of(program, request["seconds"])).encode() + b"\n")
            os._exit(0)
    _become(request, streams)


def _end_of(program: int, seconds: float) -> dict[str, Any]:
    start = time.monotonic()
    signal.signal(signal.SIGALRM, lambda *_: os.kill(program, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    _, status = os.waitpid(program, 0)
    return {"code": os.waitstatus_to_exitcode(status), "late": time.monotonic() - start >= seconds}


def _become(request: Mapping[str, Any], streams: Sequence[int]) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if request["own_session"]:
        os.setsid()
    _open(streams)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    sys.path[1:1] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.argv = ["", *request["words"]]
    try:
        runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if isinstance(end.code, int):
            _end_at_once(end.code)
        raise


def _end_at_once(code: int) -> None:
    """End as Python does, but without its last step: to take every object apart takes longer than a short command.

    Where something cannot be flushed it comes back, and Python has a code of its own for that.
    """
    threading._shutdown()  # type: ignore[attr-defined]  # there is no public name for "wait for the threads"
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError, ValueError):
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
        os._exit(code & 0xFF)


def _open(streams: Sequence[int]) -> None:
    """Standard streams as Python opens them, when it starts, on these descriptors."""
    for number, (name, stream) in enumerate(zip(("stdin", "stdout", "stderr"), streams, strict=True)):
        os.dup2(stream, number)
        former = getattr(sys, name)
        opened = io.TextIOWrapper(
            os.fdopen(number, "wb" if number else "rb", closefd=False),
            encoding=former.encoding,
            errors=former.errors,
            newline="\n",
            line_buffering=name == "stderr" or os.isatty(number),
        )
        setattr(sys, name, opened)
        setattr(sys, f"__{name}__", opened)
    for stream in set(streams):
        os.close(stream)


def main() -> None:
    """Load everything, then fork whenever a program is asked for."""
    with socket.socket(fileno=int(sys.argv[1])) as line:
        _load()
        _serve(line)


if __name__ == "__main__":
    main()
