"""Login with Amazon (LWA): a refresh token becomes an access token that lives an hour.

The access token stays in memory: it is a secret, and a run needs one an hour (docs/services/amazon.md,
"Tokens from Login with Amazon" and "How long credentials live").
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from amzlink.http.bodies import UNREADABLE
from amzlink.problems import ProblemName
from amzlink.problems.failures import NoToken
from amzlink.problems.services import NO_TOKEN_IN_IT

if TYPE_CHECKING:
    from amzlink.amazon.transport import Link

_PATH: Final = "/auth/o2/token"
_EARLY: Final = timedelta(seconds=90)


class _Token(msgspec.Struct, frozen=True):
    # Only what can stand in a header: a library that refuses a header quotes it.
    access_token: Annotated[str, msgspec.Meta(pattern=r"^[!-~]+$")]
    expires_in: int = 3600


class LwaAuth:
    """Holds an access token and makes a new one when it is about to run out.

    `secrets` gives client secret and refresh token when they are needed, so that they live here no longer than a call.
    """

    def __init__(self, url: str, client_id: str, secrets: Callable[[], tuple[str, str]]) -> None:
        self._url = url + _PATH
        self._client_id = client_id
        self._secrets = secrets
        self._token = ""
        self._good_until: datetime | None = None

    def token(self, link: "Link") -> str:
        """An access token that is good for another minute at least.

        Raises:
            NoToken: `client-unknown`, `authorisation-revoked`, `app-mismatch`, or what kept LWA from answering.
        """
        now = link.clock.now()
        if self._good_until is None or now >= self._good_until:
            client_secret, refresh_token = self._secrets()
            answer = link.post_form(
                "getToken",
                self._url,
                {
                    "grant_type": "refresh_token",
                    "refresh_token": refresh_token,
                    "client_id": self._client_id,
                    "client_secret": client_secret,
                },
            )
            try:
                token = msgspec.json.decode(answer.body, type=_Token)
            except UNREADABLE as error:
                # The error's own text may quote the answer, which holds the token.
                raise NoToken(
                    ProblemName.RESPONSE_MALFORMED,
                    operation="getToken",
                    detail=NO_TOKEN_IN_IT,
                    request_id=answer.request_id,
                ) from error.with_traceback(None)
            self._token = token.access_token
            self._good_until = now + timedelta(seconds=token.expires_in) - _EARLY
        return self._token

    def forget(self) -> None:
        """Make a new token at the next call: Amazon no longer takes this one."""
        self._good_until = None
