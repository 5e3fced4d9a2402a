"""What a token endpoint answers: the same at Amazon and at Sendcloud (RFC 6749, 5.1)."""

from datetime import timedelta
from typing import Annotated, Final

import msgspec

from amzlink.http.bodies import LONGEST_TOKEN_LIFE, UndecodableError, read_json
from amzlink.http.client import Response
from amzlink.problems import ProblemName
from amzlink.problems.failures import NoToken
from amzlink.problems.services import NO_TOKEN_IN_IT

HeaderText = Annotated[str, msgspec.Meta(pattern=r"^[!-~]+$")]
"""Only what can stand in a header: a library that refuses a header quotes it."""

EARLY: Final = timedelta(seconds=90)
"""So long before its end a token is no longer used, because the call itself takes time."""


class Token(msgspec.Struct, frozen=True):
    """A token, and for how many seconds it is good: an hour where the answer does not say."""

    access_token: HeaderText
    expires_in: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_TOKEN_LIFE)] = 3600


def read_token(response: Response, operation: str, request_id_header: str, **facts: object) -> Token:
    """The token in an answer.

    Raises:
        NoToken: there is none in it.
    """
    try:
        return read_json(response.content, Token)
    except UndecodableError as error:
        # The error's own text may quote the answer, which holds the token.
        request_id = response.headers.get(request_id_header, "")
        failure = NoToken(
            ProblemName.RESPONSE_MALFORMED, operation=operation, detail=NO_TOKEN_IN_IT, request_id=request_id
        )
        raise failure.with_facts(**facts) from error.with_traceback(None)
