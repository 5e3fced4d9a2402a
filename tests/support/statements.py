"""SQL that is compiled once for all order books of a process.

Each order book has an engine of its own, and each engine compiles every statement anew: a third of a short job's
time, again for every test.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event


class _Compiled(dict[Any, Any]):
    """What SQLAlchemy keeps compiled statements in; the key's first part is the engine's dialect object."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((type(key[0]), *key[1:]), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__((type(key[0]), *key[1:]), value)


def share() -> None:
    """From now on all engines of this process use each other's statements."""
    compiled = _Compiled()

    @event.listens_for(Engine, "engine_connect")
    def _use(connection: Connection) -> None:
        connection.execution_options(compiled_cache=compiled)
