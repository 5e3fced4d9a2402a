"""The order book's schema, version by version, run by Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine


def is_known(version: str) -> bool:
    """Whether this amzlink knows a version of the schema."""
    return any(script.revision == version for script in ScriptDirectory.from_config(_config()).walk_revisions())


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest version, in one transaction: all of it, or nothing."""
    config = _config()
    with engine.connect().execution_options(migrating=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
