"""How a call shows Sendcloud whose it is: the integration's two keys as they are, or a token made with them.

An integration has a switch "Use OAuth2 authentication". Where it is on, the keys are refused as they are, with the same
answer that wrong keys get; only the token endpoint tells the two apart (docs/services/sendcloud.md,
"Keys, tokens and the OAuth2 switch").
"""

import base64
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from typing import Final

from amzlink.clock import Clock
from amzlink.http.client import Auth, Request, Response
from amzlink.http.token_answer import EARLY, read_token
from amzlink.sendcloud.errors import REQUEST_ID_HEADER, SERVICE, TOKEN_EXCHANGE

_TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105 - a path
_GRANT: Final = {"grant_type": "client_credentials"}


class KeyAuth(Auth):
    """Signs a request with the integration's keys; with a token, once that has proved to be what Sendcloud takes.

    `secret` gives the secret key when a call needs it, so that it lives here no longer than that. It makes no calls:
    whoever drives the flow makes them, and answers with what came back.
    """

    def __init__(self, account_url: str, public_key: str, secret: Callable[[], str], clock: Clock) -> None:
        self.uses_oauth = False
        self._url = account_url + _TOKEN_PATH
        self._public_key = public_key
        self._secret = secret
        self._clock = clock
        self._token = ""
        self._good_until: datetime | None = None
        self._try_token = False

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """The token request, where one is needed; then the signed request."""
        if self._try_token or (self.uses_oauth and self._is_stale()):
            self._try_token = False
            token = read_token((yield self._token_request()), TOKEN_EXCHANGE, REQUEST_ID_HEADER, service=SERVICE)
            # From now on, for as long as this process lives, a token is what Sendcloud takes.
            self.uses_oauth, self._token = True, token.access_token
            self._good_until = self._clock.now() + timedelta(seconds=token.expires_in) - EARLY
        request.headers["authorization"] = f"Bearer {self._token}" if self.uses_oauth else self._basic()
        yield request

    def try_token(self) -> None:
        """Sign the next call with a fresh token: what signed the last one was refused."""
        self._try_token = True

    def _is_stale(self) -> bool:
        """Whether there is no token that is good for another minute at least."""
        return self._good_until is None or self._clock.now() >= self._good_until

    def _token_request(self) -> Request:
        headers = {"authorization": self._basic(), "accept": "application/json"}
        return Request("POST", self._url, headers=headers, data=_GRANT)

    def _basic(self) -> str:
        """The header's value for the keys as they are (RFC 7617)."""
        pair = f"{self._public_key}:{self._secret()}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"
