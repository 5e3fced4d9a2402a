"""Import, push and verify can be at work on one store at a time: none of them writes over a key of another."""

import base64
import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

from amzlink.core.privacy.sealed_data import Box
from amzlink.deps import Deps
from amzlink.files.home import find_home
from amzlink.secrets.system import SystemSecrets
from tests.support.sealed import vault_of

SLUG = "my-shop"
FIRST = date(2026, 12, 1)
PROCESSES, ROUNDS = 6, 12
# Seals under a new month's key each round; one process in two moves the floor on as well.
WORK = """
import base64, json, sys
from datetime import date, timedelta
from tests.test_vault_at_once import FIRST, ROUNDS, SLUG, deps_in, vault_of
number, deps = int(sys.argv[2]), deps_in(sys.argv[1])
boxes = []
with deps.book(SLUG) as book:
    for turn in range(ROUNDS):
        vault = vault_of(deps, book)
        if number % 2:
            vault.move_on(FIRST + timedelta(days=turn))
        day = FIRST + timedelta(days=31 * (1 + turn) + number)
        box = vault.seal(f"{number}-{turn}", b"data", day)
        boxes.append([f"{number}-{turn}", day.isoformat(), box.chain_id, base64.b64encode(box.data).decode()])
print(json.dumps(boxes))
"""


def deps_in(folder: str) -> Deps:
    variable = f"AMZLINK_SECRET_{SLUG.upper().replace('-', '_')}_VAULT_KEY_FILE"
    environ = {"AMZLINK_HOME": f"{folder}/amzlink", variable: f"{folder}/keys/vault-key"}
    home = find_home(environ)
    home.prepare()
    return Deps(environ, home, SystemSecrets(environ, home))


def test_processes_that_begin_months_and_move_on_at_once_lose_no_key(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    deps = deps_in(str(tmp_path))
    with deps.book(SLUG) as book:
        vault_of(deps, book)  # the book is there before all come
    running = [
        subprocess.Popen([sys.executable, "-c", WORK, str(tmp_path), str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(PROCESSES)
    ]
    told = [process.communicate(timeout=300)[0] for process in running]
    assert [process.returncode for process in running] == [0] * PROCESSES
    with deps.book(SLUG) as book:
        vault = vault_of(deps, book)
    assert vault.floor == FIRST + timedelta(days=ROUNDS - 1)
    sealed = [each for text in told for each in json.loads(text)]
    assert len(sealed) == PROCESSES * ROUNDS
    for order_id, day, chain_id, data in sealed:
        box = Box(date.fromisoformat(day), chain_id, base64.b64decode(data))
        assert vault.open(order_id, box) == b"data"
