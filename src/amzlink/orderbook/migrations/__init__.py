"""The order book's schema, version by version, run by Alembic."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine


def is_known(version: str) -> bool:
    """Whether this amzlink knows a version of the schema."""
    return any(script.revision == version for script in ScriptDirectory.from_config(_config()).walk_revisions())


def upgrade(engine: Engine, before: Callable[[], None] = lambda: None) -> None:
    """Bring the schema to the newest version, in one transaction: all of it, or nothing.

    `before` is called when nobody else can write to the book any more, and nothing has been changed; not where another
    process has upgraded it meanwhile.
    """
    with engine.connect().execution_options(migrating=True) as connection, connection.begin():
        head = ScriptDirectory.from_config(_config()).get_current_head()
        if MigrationContext.configure(connection).get_current_revision() != head:
            before()
            upgrade_in(connection)


def upgrade_in(connection: Connection) -> None:
    """The same in a transaction of the caller's."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
