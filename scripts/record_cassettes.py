"""Records the cassettes of the Amazon client's tests anew: `make cassettes`.

They are recorded from the sandbox. With AMZLINK_CASSETTE_CLIENT_ID, AMZLINK_CASSETTE_CLIENT_SECRET and
AMZLINK_CASSETTE_REFRESH_TOKEN (of an app for Amazon's own sandbox) its sample is recorded too. Look at the difference
before you commit it.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.cassettes import FOLDER, SCENES, record, record_amazons_sandbox

_CREDENTIALS = ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")


def main() -> None:
    """Record them all."""
    FOLDER.mkdir(exist_ok=True)
    for name in SCENES:
        record(name)
        print(name)
    client_id, client_secret, refresh_token = (os.environ.get(f"AMZLINK_CASSETTE_{name}") for name in _CREDENTIALS)
    if client_id and client_secret and refresh_token:
        record_amazons_sandbox(client_id, client_secret, refresh_token)
        print("Amazon's own sandbox")


if __name__ == "__main__":
    main()
