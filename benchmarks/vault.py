"""What the vault costs over bare AES-GCM, and what a purge of many orders needs.

Each purge runs in a process of its own, so that its peak of memory is nobody else's.
"""

import contextlib
import json
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyrage.x25519 import Identity
from sqlalchemy import insert
from tests.support.sealed import vault_of

from amzlink.clock import ShiftedClock, SystemClock
from amzlink.config.settings import Config, Store
from amzlink.core.privacy.sealed_data import Box
from amzlink.deps import Deps
from amzlink.files.home import find_home
from amzlink.jobs.privacy.purge import PurgeOptions, Purger, PurgeReport
from amzlink.orderbook.privacy.boxes import SealedMarks
from amzlink.orderbook.schema import ORDERS, SEALED, VAULT_CHAINS
from amzlink.run import StoreRun
from amzlink.secrets.system import SystemSecrets
from amzlink.vault import Vault
from benchmarks.figures import MIB, Figure, Floor, Limit, middle
from benchmarks.processes import child, finish, fresh
from benchmarks.usage import cpu_seconds, peak_bytes

SEALINGS = 5_000
SHORT_RUNS = 25  # of a few hundredths of a second each, in which any disturbance shows
MANY, FEW, RUNS = 50_000, 10_000, 2
LEASE = date(2026, 12, 23)
DATA = b'{"recipient":{"name":"%s"}}' % (b"x" * 570)
SLUG = "demo-shop"
_CHUNK = 2_000


class _Keys:
    """A keyring in memory."""

    text: str | None = None

    def load(self) -> str | None:
        """The text."""
        return self.text

    def save(self, text: str) -> None:
        """Keep the text."""
        self.text = text

    def alone(self) -> contextlib.nullcontext[None]:
        """Nobody else is here."""
        return contextlib.nullcontext()


def figures() -> list[Figure]:
    """CPU of the vault and of a purge, and the purge's memory."""
    ours, floor = middle((seconds(sealed), seconds(bare)) for _ in range(SHORT_RUNS))
    vault = Figure(
        subject="sealing",
        name=f"{SEALINGS:,} orders sealed and opened",
        value=ours,
        unit="s CPU",
        floor=Floor("bare AES-GCM", floor),
        limits=(Limit(1.5),),
    )
    with tempfile.TemporaryDirectory() as folder:
        books = {count: Path(fresh(folder, str(count))) for count in (FEW, MANY)}
        for count, book in books.items():
            child("vault", ["fill", str(book), count])
        return [vault, *(figure for step in ("purge", "archive") for figure in _of_a_purge(step, books))]


def _of_a_purge(step: str, books: Mapping[int, Path]) -> list[Figure]:
    few, many = (
        min((_measured(step, books[count], count) for _ in range(RUNS)), key=itemgetter("cpu")) for count in (FEW, MANY)
    )
    what = f"{MANY:,} orders{' archived and' if step == 'archive' else ''} purged"
    as_many = Floor(f"{FEW:,} orders, times {MANY // FEW}", few["cpu"] * (MANY // FEW))
    memory = Floor(f"that of {FEW:,} orders", few["peak"] / MIB)
    return [
        Figure(subject="purge", name=what, value=many["cpu"], unit="s CPU", floor=as_many, limits=(Limit(1.2),)),
        Figure(subject="memory", name=what, value=many["peak"] / MIB, unit="MiB", floor=memory),
    ]


def main() -> None:
    """One step, in a process of its own."""
    step, folder, orders = json.loads(sys.argv[1])
    finish(**{"fill": fill, "purge": purge, "archive": archive}[step](Path(folder), orders))


def seconds(work: Callable[[], None]) -> float:
    """CPU seconds that it takes."""
    started = time.process_time()
    work()
    return time.process_time() - started


def bare() -> None:
    """The same calls made by hand."""
    cipher = AESGCM(secrets.token_bytes(32))
    for number in range(SEALINGS):
        nonce, bound = secrets.token_bytes(12), f"{SLUG}\0{number}".encode()
        cipher.decrypt(nonce, cipher.encrypt(nonce, DATA, bound), bound)


def sealed() -> None:
    """By the vault."""
    vault = Vault(SLUG, _Keys(), SealedMarks(None, {}))
    for number in range(SEALINGS):
        vault.open(str(number), vault.seal(str(number), DATA, LEASE))


def _measured(step: str, book: Path, orders: int) -> dict[str, float]:
    """A purge in a process of its own, of a copy of a book that another one has filled."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(book, folder, dirs_exist_ok=True)
        return child("vault", [step, folder, orders])


def fill(folder: Path, orders: int) -> dict[str, float]:
    """Put orders into a book whose data is due on the day of the purge."""
    deps = _deps(folder)
    store = Store(name="Demo", country="DE", seller_id="A", client_id="c", marketplace_ids=("M",), test=True)
    deps.save_config(Config().with_store(SLUG, store))
    with deps.book(SLUG) as book:
        vault = vault_of(deps, book)
        for start in range(0, orders, _CHUNK):
            ids = [f"302-{number:07}-0000000" for number in range(start, min(start + _CHUNK, orders))]
            boxes = {order_id: vault.seal(order_id, DATA, LEASE) for order_id in ids}
            with book.writing() as connection:
                connection.execute(insert(ORDERS), [_order(order_id) for order_id in ids])
                connection.execute(insert(SEALED), [_sealed(order_id, box) for order_id, box in boxes.items()])
        with book.writing() as connection:
            chains = [{"store": SLUG, "month": month, "chain_id": chain} for month, chain in vault.chain_ids.items()]
            connection.execute(insert(VAULT_CHAINS), chains)
    return {}


def purge(folder: Path, orders: int) -> dict[str, float]:
    """Destroy them."""
    return _purge(folder, orders, PurgeOptions())


def archive(folder: Path, orders: int) -> dict[str, float]:
    """Archive them first."""
    away = folder / "archive"
    away.mkdir()
    return _purge(folder, orders, PurgeOptions(archive_dir=away, recipients=(str(Identity.generate().to_public()),)))


def _purge(folder: Path, orders: int, options: PurgeOptions) -> dict[str, float]:
    deps = _deps(folder)
    report = PurgeReport(store=SLUG)
    with StoreRun(deps, SLUG) as run:
        run.take_time(timedelta())
        purger = Purger(run, options, report)
        cpu = cpu_seconds()
        purger.purge()
        ended = {"cpu": cpu_seconds() - cpu, "peak": peak_bytes()}
    if report.purged != orders or (options.archive_dir and report.archived != orders):
        raise SystemExit(f"{report.purged} of {orders} were purged, {report.archived} archived")
    return ended


def _deps(folder: Path) -> Deps:
    variable = f"AMZLINK_SECRET_{SLUG.upper().replace('-', '_')}_VAULT_KEY_FILE"
    (folder / "keys").mkdir(mode=0o700, exist_ok=True)
    environ = {"AMZLINK_HOME": str(folder / "amzlink"), variable: str(folder / "keys" / "vault-key")}
    home = find_home(environ)
    home.prepare()
    then = ShiftedClock(SystemClock(), datetime(2027, 3, 1, 1, tzinfo=UTC) - datetime.now(UTC))
    return Deps(environ, home, SystemSecrets(environ, home), then)


def _order(order_id: str) -> dict[str, object]:
    return {
        "store": SLUG, "order_id": order_id, "status": "SHIPPED", "purchased_at": "2026-11-01T00:00:00Z",
        "changed_at": "2026-11-03T00:00:00.000Z", "shipped_at": "2026-11-03T00:00:00Z", "programs": "", "lines": 1,
        "units": 1, "deliverable": True, "digest": "0",
    }  # fmt: skip


def _sealed(order_id: str, box: Box) -> dict[str, object]:
    return {
        "store": SLUG, "order_id": order_id, "part": "order", "lease_day": box.lease_day.isoformat(),
        "chain_id": box.chain_id, "box": box.data,
    }  # fmt: skip


if __name__ == "__main__":
    main()
