"""Login with Amazon (LWA): a refresh token becomes an access token that lives an hour.

The access token stays in memory: it is a secret, and a run needs one an hour (docs/services/amazon.md,
"Tokens from Login with Amazon" and "How long credentials live").
"""

from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from typing import Final

from amzlink.amazon.errors import GET_TOKEN, REQUEST_ID_HEADER
from amzlink.clock import Clock
from amzlink.http.client import Auth, Request, Response
from amzlink.http.token_answer import EARLY, read_token

_PATH: Final = "/auth/o2/token"
_HEADER: Final = "x-amz-access-token"


class RestrictedAuth(Auth):
    """Adds a restricted data token to a request, in place of the access token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """The request with its token."""
        request.headers[_HEADER] = self._token
        yield request


class LwaAuth(Auth):
    """Adds an access token to a request, and asks for a new one when it is about to run out.

    `secrets` gives client secret and refresh token when they are needed, so that they live here no longer than a call.
    It makes no calls: whoever drives the flow makes them, and answers with what came back.
    """

    def __init__(self, url: str, client_id: str, secrets: Callable[[], tuple[str, str]], clock: Clock) -> None:
        self._url = url + _PATH
        self._client_id = client_id
        self._secrets = secrets
        self._clock = clock
        self._token = ""
        self._good_until: datetime | None = None

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """The token request, where one is needed; then the request with its token."""
        yield from self.token_flow()
        request.headers[_HEADER] = self._token
        yield request

    def token_flow(self) -> Generator[Request, Response, None]:
        """The token request, unless there is a token that is good for another minute at least.

        Raises:
            NoToken: the answer holds no token.
        """
        now = self._clock.now()
        if self._good_until is None or now >= self._good_until:
            token = read_token((yield self._token_request()), GET_TOKEN, REQUEST_ID_HEADER)
            self._token = token.access_token
            self._good_until = now + timedelta(seconds=token.expires_in) - EARLY

    def forget(self) -> None:
        """Ask for a new token at the next call: Amazon no longer takes this one."""
        self._good_until = None

    def _token_request(self) -> Request:
        client_secret, refresh_token = self._secrets()
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": self._client_id,
            "client_secret": client_secret,
        }
        return Request("POST", self._url, data=form)
