"""What a program that amzlink starts is told of the environment: all but the secrets that are for amzlink alone."""

from collections.abc import Mapping
from typing import Final

_OURS: Final = "AMZLINK_SECRET_"
_OF_THE_DATABASE: Final = frozenset({"PGPASSWORD"})


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program that needs none of them."""
    return {
        name: value for name, value in environ.items() if not name.startswith(_OURS) and name not in _OF_THE_DATABASE
    }
