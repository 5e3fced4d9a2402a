"""Points python-amazon-sp-api at a sandbox, without a change to the client itself.

Its addresses are constants (`Marketplaces` and `AccessTokenClient.host` in version 2.1.35), and it cuts the Host header
out of them by position, so another address in their place would break its requests. They are therefore led elsewhere
one floor below, where httpx hands a request to a socket. A request to any other host is refused, and so is any socket
that would leave this machine.
"""

import sys
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

LOOPBACK: Final = "127.0.0.1"
PATIENCE: Final = 60.0  # seconds for an answer: the sandbox makes a large report while it is asked for it
SERVICES: Final[Mapping[str, str]] = {"sellingpartnerapi-eu.amazon.com": "spapi_url", "api.amazon.com": "lwa_url"}
_AWAY: Final = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"})


class LeavesTheMachineError(RuntimeError):
    """Something wanted to talk to another machine."""


def stay_here() -> None:
    """Refuse every socket of this process that leads anywhere but to loopback, for as long as the process lives."""
    sys.addaudithook(_refuse_others)


def lead_to_sandbox(addresses: Mapping[str, Any]) -> None:
    """Send what httpx is asked to send to Amazon to the sandbox at these addresses, over loopback."""
    by_socket = httpx.HTTPTransport.handle_request
    places = {host: urlsplit(addresses[name]) for host, name in SERVICES.items()}

    def handle(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        if host in places:
            place = places[host]
            request.url = request.url.copy_with(scheme=place.scheme, host=place.hostname, port=place.port)
        elif host != LOOPBACK:
            raise LeavesTheMachineError(host)
        return by_socket(self, request)

    httpx.HTTPTransport.handle_request = handle  # type: ignore[method-assign]


def client_settings(credentials: Mapping[str, Any]) -> dict[str, Any]:
    """What every client of the package is made with: the German marketplace, and the sandbox's credentials."""
    from sp_api.base import Marketplaces  # noqa: PLC0415 - the package is optional, and takes long to load

    return {
        "marketplace": Marketplaces.DE,
        "timeout": PATIENCE,
        "credentials": {
            "refresh_token": credentials["refresh_token"],
            "lwa_app_id": credentials["client_id"],
            "lwa_client_secret": credentials["client_secret"],
        },
    }


def _refuse_others(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _AWAY:
        return
    place = arguments[-1] if event in {"socket.connect", "socket.sendto"} else arguments[0]
    host = place[0] if isinstance(place, tuple) else place
    if host not in {LOOPBACK, "localhost"}:
        raise LeavesTheMachineError(f"{event}: {host}")
