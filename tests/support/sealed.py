"""A store's vault, as `amzlink.sealed` opens it: for tests that seal and open by hand."""

from amzlink.deps import Deps
from amzlink.orderbook.database import StoreBook
from amzlink.sealed import VaultKeys, open_vault
from amzlink.vault import Vault


def vault_of(deps: Deps, book: StoreBook) -> Vault:
    """The vault of a book's store, with the keys that lie among its secrets."""
    return open_vault(book, VaultKeys(deps.secrets, book.store, deps.home.locks))
