"""How a call shows Sendcloud whose it is: the integration's two keys as they are, or a token made with them.

An integration has a switch "Use OAuth2 authentication". Where it is on, the keys are refused as they are, with the same
answer that wrong keys get; only the token endpoint tells the two apart (docs/services/sendcloud.md,
"Keys, tokens and the OAuth2 switch").
"""

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec

from amzlink.clock import Clock

TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105 - a path
GRANT: Final = {"grant_type": "client_credentials"}
_EARLY: Final = timedelta(seconds=90)


class Token(msgspec.Struct, frozen=True):
    """What the token endpoint gives: good for an hour, unless it says otherwise."""

    # Only what can stand in a header: a library that refuses a header quotes it.
    access_token: Annotated[str, msgspec.Meta(pattern=r"^[!-~]+$")]
    expires_in: int = 3600


class KeyPair:
    """The integration's keys, and the token made with them once that has proved to be the way.

    `secret` gives the secret key when a call needs it, so that it lives here no longer than that.
    """

    def __init__(self, public_key: str, secret: Callable[[], str], clock: Clock) -> None:
        self.uses_oauth = False
        self._public_key = public_key
        self._secret = secret
        self._clock = clock
        self._token = ""
        self._good_until: datetime | None = None

    @property
    def needs_token(self) -> bool:
        """Whether OAuth2 is the way, and there is no token that is good for another minute at least."""
        return self.uses_oauth and (self._good_until is None or self._clock.now() >= self._good_until)

    def basic(self) -> str:
        """The header's value for the keys as they are (RFC 7617)."""
        pair = f"{self._public_key}:{self._secret()}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    def header(self) -> str:
        """The header's value for a call of the API."""
        return f"Bearer {self._token}" if self.uses_oauth else self.basic()

    def take(self, token: Token) -> None:
        """From now on, for as long as this process lives, OAuth2 is the way."""
        self.uses_oauth = True
        self._token = token.access_token
        self._good_until = self._clock.now() + timedelta(seconds=token.expires_in) - _EARLY
