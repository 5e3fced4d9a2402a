"""Calling an address of a service that watches whether a job still runs: the call is all it wants."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from amzlink.clock import Clock
from amzlink.http.client import BaseTransport, HttpConnection, is_address, time_limits
from amzlink.problems import Problem, ProblemName
from amzlink.problems import schedule as texts
from amzlink.problems.failures import CallFailed

_SECONDS: Final = 10.0
_FIRST_REFUSAL: Final = 300  # nobody has been told where the way leads on to somewhere else


def ping(url: str, *, clock: Clock, environ: Mapping[str, str], transport: BaseTransport | None = None) -> None:
    """GET the address once. Only its host is ever named: the rest of such an address is often a secret.

    Raises:
        Problem: `ping-failed`.
    """
    host = urlsplit(url).hostname or ""
    if not is_address(url):
        raise Problem(ProblemName.PING_FAILED, host=host, detail=texts.PING_NO_ADDRESS)
    connection = HttpConnection(
        clock=clock,
        request_id_header="",
        transport=transport,
        timeout=time_limits(_SECONDS),
        environ=environ,
        longest_call=_SECONDS,
    )
    try:
        status = connection.send("ping", connection.request("GET", url, {})).status_code
    except UnicodeError:  # a part of the host's name is longer than any may be
        raise Problem(ProblemName.PING_FAILED, host=host, detail=texts.PING_NO_ADDRESS) from None
    except CallFailed as failure:
        raise Problem(ProblemName.PING_FAILED, host=host, detail=texts.ping_unanswered(problem=failure.name)) from None
    finally:
        connection.close()
    if status >= _FIRST_REFUSAL:
        raise Problem(ProblemName.PING_FAILED, host=host, detail=texts.ping_status(status=status))
