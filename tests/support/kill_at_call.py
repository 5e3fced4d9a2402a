"""Runs amzlink in this process and kills it, without a word, at a chosen point.

`python -m tests.support.kill_at_call COUNT FILE WORDS...`: the process gets SIGKILL at its COUNT-th call of a function,
Python's or C's, counted from the moment the command line starts. With COUNT 0 it lives, and the number of calls goes
into FILE. What only loads modules is loaded before, so that the points of death lie in the work.
"""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import amzlink.amazon.transport
import amzlink.cli.views.privacy
import amzlink.jobs.import_orders
import amzlink.jobs.purge_pii
import amzlink.jobs.push_status
import amzlink.orderbook.migrations
import amzlink.sendcloud.account
import amzlink.sendcloud.payload
import amzlink.sendcloud.shipments
import amzlink.sendcloud.statuses  # noqa: F401
from amzlink.cli.main import run


def main() -> int:
    """Live as long as it is allowed."""
    last, counter_file, words = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    calls = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal calls
        if event in ("call", "c_call"):
            calls += 1
            if calls == last:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    code = run(words)
    sys.setprofile(None)
    counter_file.write_text(str(calls))
    return code


if __name__ == "__main__":
    sys.exit(main())
