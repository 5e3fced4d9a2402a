"""Purges: the archive that the settings ask for, and what the order book records, which amzlink never reads."""

from datetime import date
from pathlib import Path

import msgspec
import pyrage
from sqlalchemy import select

from amzlink.clock import from_iso
from amzlink.core.privacy.retention import Rule
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.privacy.purges import Purge
from amzlink.orderbook.schema import PURGES
from tests.support.world import StoreOnSandbox


def purges(book: StoreBook) -> list[Purge]:
    """The record of all purges, the newest first."""
    query = select(PURGES).where(PURGES.c.store == book.store).order_by(PURGES.c.number.desc())
    with book.reading() as connection:
        return [
            Purge(
                at=from_iso(row.purged_at),
                rule=Rule(row.rule),
                orders=row.orders,
                archived=row.archived,
                floor=date.fromisoformat(row.floor) if row.floor else None,
                job=row.job,
            )
            for row in connection.execute(query)
        ]


def archive_in(world: StoreOnSandbox, folder: Path) -> Path:
    """From now on the settings bind every purge to an archive there, whose own folder is returned."""
    archive = folder / "archive"
    archive.mkdir()
    config = world.deps.load_config()
    key = str(pyrage.x25519.Identity.generate().to_public())
    raw = {**config.raw, "archive": {"dir": str(archive), "recipients": [key]}}
    world.deps.save_config(msgspec.structs.replace(config, raw=raw))
    assert world.deps.load_config().archive.folder == archive
    return archive
