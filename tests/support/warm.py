"""Programs in processes of their own, without paying for the start of Python each time: one that is warm forks.

What runs is what `python -m MODULE WORDS...` would run: the program's own entry, with an environment, standard streams
and an exit code of its own, and dead where a signal kills it. Only the loading of modules is shared, which is most of
what a short command costs. `tests/cli/test_fresh_start.py` holds that a fresh start of Python does the same.

`python -m tests.support.warm DESCRIPTOR` is the process that forks. It loads no keyring: a keyring chooses its back end
when it is loaded, by the environment.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any, Final

_ROOT: Final = Path(__file__).resolve().parents[2]
# What amzlink, or what it stands on, loads only when it is needed.
_LAZY: Final = (
    "alembic.migration", "alembic.script", "anyio", "certifi", "cryptography.hazmat.primitives.ciphers.aead", "h11",
    "httpcore", "rich.progress", "rich.table", "sqlalchemy.dialects.sqlite", "tomli_w",
)  # fmt: skip
_NOT_LOADED: Final = ("amzlink.__main__", "amzlink.orderbook.migrations.", "amzlink.sandbox")
# Python reads these before it runs anything.
_READ_AT_THE_START: Final = ("LANG", "LC_", "PYTHON")
_READ_LATER: Final = ("PYTHONPATH", "PYTHON_KEYRING_BACKEND")


def run(
    module: str, words: Sequence[str], *, env: Mapping[str, str], stdin: str | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run a module as a program, without a terminal; `timeout` is in seconds.

    Raises:
        TimeoutExpired: it took longer, and was killed.
        ValueError: a variable of the environment works at the start of Python only.
    """
    if early := [name for name in env if name.startswith(_READ_AT_THE_START) and name not in _READ_LATER]:
        raise ValueError(f"{', '.join(early)}: this needs a fresh start of Python")
    with (
        tempfile.TemporaryFile("w+") as given,
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+") as err,
        Path(os.devnull).open() as nothing,
    ):
        given.write(stdin or "")
        given.seek(0)
        request = {"module": module, "words": words, "env": dict(env), "folder": str(Path.cwd()), "seconds": timeout}
        answer = _ask(request, (nothing if stdin is None else given, out, err))
        texts = [_whole(stream) for stream in (out, err)]
    if answer["late"]:
        raise subprocess.TimeoutExpired([module, *words], timeout, *texts)
    return subprocess.CompletedProcess([module, *words], answer["code"], *texts)


def _whole(stream: IO[str]) -> str:
    stream.seek(0)
    return stream.read()


def _ask(request: Mapping[str, Any], streams: Sequence[IO[str]]) -> dict[str, Any]:
    ours, theirs = socket.socketpair()
    with ours, ours.makefile("rb") as answer:
        with theirs:
            socket.send_fds(_warm(), [b"."], [*(stream.fileno() for stream in streams), theirs.fileno()])
        ours.sendall(json.dumps(request).encode())
        ours.shutdown(socket.SHUT_WR)
        found: dict[str, Any] = json.loads(answer.read())
        return found


@cache
def _warm() -> socket.socket:
    """The line to the process that forks, which lives as long as this one."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            env={"PATH": os.environ["PATH"]},
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
    assert "keyring" not in sys.modules
    gc.collect()
    gc.freeze()


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
    """Fork a program, wait for its end, and tell it; comes back in the process of the program."""
    *streams, descriptor = descriptors
    with socket.socket(fileno=descriptor) as asking:
        with asking.makefile("rb") as file:
            request = json.load(file)
        program = os.fork()
        if program:
            asking.sendall(json.dumps(_end_of(program, request["seconds"])).encode())
            os._exit(0)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    _become(request)


def _end_of(program: int, seconds: float) -> dict[str, Any]:
    start = time.monotonic()
    signal.signal(signal.SIGALRM, lambda *_: os.kill(program, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    _, status = os.waitpid(program, 0)
    return {"code": os.waitstatus_to_exitcode(status), "late": time.monotonic() - start >= seconds}


def _become(request: Mapping[str, Any]) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    sys.path[1:1] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.argv = ["", *request["words"]]
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


def main() -> None:
    """Load everything, then fork whenever a program is asked for."""
    with socket.socket(fileno=int(sys.argv[1])) as line:
        _load()
        _serve(line)


if __name__ == "__main__":
    main()
