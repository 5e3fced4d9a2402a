"""The folders that archives were written into: what lies there is to be moved away."""

from pathlib import Path

from sqlalchemy import select

from amzlink.orderbook.database import StoreBook, insert_missing
from amzlink.orderbook.schema import ARCHIVE_FOLDERS


def note_archive_folder(book: StoreBook, folder: Path) -> None:
    """Keep in mind that a file of the store was written into a folder."""
    with book.writing() as connection:
        connection.execute(insert_missing(ARCHIVE_FOLDERS), {"store": book.store, "folder": str(folder.absolute())})


def archive_folders(book: StoreBook) -> list[Path]:
    """All into which files of the store were written."""
    query = select(ARCHIVE_FOLDERS.c.folder).where(ARCHIVE_FOLDERS.c.store == book.store)
    with book.reading() as connection:
        return [Path(folder) for folder in connection.scalars(query)]
