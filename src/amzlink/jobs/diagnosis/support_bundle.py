"""verify --bundle: what a support engineer needs, in a zip that a merchant can mail without fear.

Nothing is copied that might hold a secret or personal data: settings go field by field, and of the log only lines
that the log itself wrote.
"""

import io
import json
import platform
import sys
import zipfile
from collections.abc import Mapping
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import msgspec

from amzlink import __version__
from amzlink.clock import to_iso
from amzlink.config.settings import Config, Store
from amzlink.core.decoding import UndecodableError, read_json
from amzlink.deps import Deps
from amzlink.files.reading import read_private
from amzlink.files.writing import whole_file
from amzlink.orderbook.health import recent_runs
from amzlink.problems import Problem

_LOG_LINES: Final = 2_000
_RUNS: Final = 200
_CRASHES: Final = 5
_LOG_FIELDS: Final = frozenset(
    {
        "at", "event", "store", "job", "problem", "seconds", "operation", "status", "request_id", "milliseconds",
        "fetched", "new", "updated", "unchanged", "pending", "refused", "verified",
    }
)  # fmt: skip
_TABLES: Final = frozenset(Config.__struct_fields__) - {"raw", "old_prime", "broken"}
"""What stands at the top of the settings' file."""
_PACKAGES: Final = ("httpx", "msgspec", "sqlalchemy", "typer", "keyring", "cryptography", "rich")
_SHOWN: Final = 4  # characters of an id: enough to compare, too few to use


def write_bundle(
    source: Deps | Problem, path: Path, documents: Mapping[str, str], *, environ: Mapping[str, str], now: datetime
) -> list[str]:
    """Write the zip and give the names of what is in it. `documents` are those that `--json` prints, by name.

    `source` is the problem in place of what a machine has on which nothing of amzlink's can be used.

    Raises:
        Problem: `not-writable`, `disk-full`.
    """
    parts = {**documents, "versions.json": _json(_versions(environ, now))}
    if isinstance(source, Problem):
        parts["settings.json"] = _json({"problem": source.name})
    else:
        parts |= _of_home(source)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in parts.items():
            bundle.writestr(name, text)
    with whole_file(path) as file:
        file.write(content.getvalue())
    return list(parts)


def _of_home(deps: Deps) -> dict[str, str]:
    parts = {
        "settings.json": _json(_settings(deps)),
        "runs.json": _json(_runs(deps)),
        "log.jsonl": "\n".join(_log_lines(deps.home.log)),
    }
    for crash in sorted(deps.home.log.glob("crash-*.txt"))[-_CRASHES:]:
        parts[f"crashes/{crash.name}"] = _text_of(crash)
    return parts


def redacted(text: str | None) -> str | None:
    """The last characters of an id, so that two can be compared."""
    return None if text is None else f"...{text[-_SHOWN:]}"


def _versions(environ: Mapping[str, str], now: datetime) -> dict[str, object]:
    return {
        "amzlink": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "at": to_iso(now),
        "terminal": sys.stderr.isatty(),
        "environment": sorted(name for name in environ if name.startswith("AMZLINK_") or name.endswith("_PROXY")),
        "packages": {name: metadata.version(name) for name in _PACKAGES},
    }


def _settings(deps: Deps) -> dict[str, object]:
    try:
        settings = deps.load_config()
    except Problem as problem:
        return {"problem": problem.name}
    return _redacted_settings(settings)


def _redacted_settings(settings: Config) -> dict[str, object]:
    return {
        "default_store": settings.default_store,
        "stores": {slug: _redacted_store(store) for slug, store in settings.stores.items()},
        "retention": msgspec.to_builtins(settings.retention),
        "database": _kind_of(settings.database.url),
        "archive_recipients": len(settings.archive.recipients),
        "unknown_keys": sorted(set(settings.raw) - _TABLES),
    }


def _kind_of(url: str | None) -> str:
    """Where the order book is, without the address: it can have a password in it."""
    if not url:
        return "the default"
    return "a PostgreSQL server" if url.startswith("postgres") else "another"


def _redacted_store(store: Store) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(store)
    shown["name"] = f"({len(store.name)} characters)"
    for field in ("seller_id", "client_id", "sendcloud_public_key"):
        shown[field] = redacted(getattr(store, field))
    shown["secrets_folder"] = store.secrets_folder is not None  # its path may name a person
    del shown["client_secret_mark"], shown["refresh_token_mark"]
    return shown


def _runs(deps: Deps) -> list[dict[str, object]]:
    try:
        with deps.database() as database:
            return recent_runs(database, _RUNS)
    except Problem as problem:
        return [{"problem": problem.name}]


def _log_lines(folder: Path) -> list[str]:
    lines: list[str] = []
    for file in sorted(folder.glob("amzlink-????-??.jsonl"))[-2:]:
        lines += _text_of(file).splitlines()
    return [line for line in map(_clean_line, lines[-_LOG_LINES:]) if line]


def _text_of(file: Path) -> str:
    """A file of the log's folder; one that cannot be read does not keep the others out of the bundle."""
    try:
        return read_private(file).decode(errors="replace")
    except Problem as problem:
        return f"{problem.name}\n"


def _clean_line(line: str) -> str | None:
    try:
        entry = read_json(line, object)
    except UndecodableError:
        return None
    if not isinstance(entry, dict):
        return None
    return json.dumps({name: value for name, value in entry.items() if name in _LOG_FIELDS})


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, default=str)
