"""A sandbox that answers each call after some milliseconds, as a service far away does: `slow_sandbox MILLISECONDS`."""

import json
import sys
import time

from amzlink.sandbox.messages import Request, Response
from amzlink.sandbox.server import Sandbox


def main(milliseconds: int) -> None:
    """Serve until the process is ended."""
    sandbox = Sandbox(orders=1, quota="off")
    at_once = sandbox.app.handle

    def handle(request: Request) -> Response:
        if not request.path.startswith("/control"):
            time.sleep(milliseconds / 1000)
        return at_once(request)

    sandbox.app.handle = handle  # type: ignore[method-assign]
    print(json.dumps(sandbox.start()), flush=True)
    sandbox.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
