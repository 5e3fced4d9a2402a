"""The secrets of a store, and what each is called: in a sentence, as an environment variable, as a file."""

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, get_args

SecretName = Literal["client-secret", "refresh-token", "sendcloud-secret-key", "vault-key"]

NAMES: Final[tuple[SecretName, ...]] = get_args(SecretName)


def spoken(name: SecretName) -> str:
    """The secret's name in a sentence."""
    return name.replace("-", " ").replace("sendcloud", "Sendcloud")


def variable(slug: str, name: SecretName) -> str:
    """The environment variable that gives this secret; with `_FILE` at its end, a file that holds it."""
    return f"AMZLINK_SECRET_{variable_end(slug, name)}"


def variable_end(slug: str, name: SecretName) -> str:
    """The end of that variable's name: what tells it from those of other stores and secrets."""
    return _in_capitals(f"{slug}_{name}")


def file_in(folder: Path, slug: str, name: SecretName) -> Path:
    """Where a secret is in a folder of secrets; so systemd's $CREDENTIALS_DIRECTORY has them too."""
    return folder / f"{slug}.{name}"


def stores_given(environ: Mapping[str, str]) -> frozenset[str]:
    """The slugs of the stores for which the environment gives both of Amazon's secrets."""
    found: dict[SecretName, set[str]] = {"client-secret": set(), "refresh-token": set()}
    for name, slugs in found.items():
        form = re.compile(rf"AMZLINK_SECRET_([A-Z0-9_]+)_{_in_capitals(name)}(_FILE)?")
        matches = (form.fullmatch(key) for key, value in environ.items() if value.strip())
        slugs.update(match[1].lower().replace("_", "-") for match in matches if match)
        if folder := environ.get("CREDENTIALS_DIRECTORY"):
            with contextlib.suppress(OSError):
                slugs.update(file.stem for file in Path(folder).iterdir() if file.suffix == f".{name}")
    return frozenset.intersection(*(frozenset(slugs) for slugs in found.values()))


def _in_capitals(text: str) -> str:
    return text.upper().replace("-", "_")
