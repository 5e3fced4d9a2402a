"""Which proxy stands before a host: real calls and the look at their way ask here, so they go the same way.

Written as httpx and curl understand the variables; httpx itself would end at an entry of NO_PROXY that it cannot read.
"""

import base64
import contextlib
import os
import re
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from amzlink.problems import Problem, ProblemName
from amzlink.problems.network import UNUSABLE_PROXY

HTTP_PORT: Final = 80
HTTPS_PORT: Final = 443
_SCHEMES: Final = ("http", "https", "socks5", "socks5h")
_OF_THE_SYSTEM: Final = "HTTPS_PROXY, or the proxy in the system's settings,"
_ENTRY: Final = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[^\s:/\[\]]+))(?::(?P<port>[0-9]+|\*))?")


class _Setting(NamedTuple):
    """What a variable of the environment says."""

    variable: str
    value: str


class _Exception(NamedTuple):
    """An entry of NO_PROXY: a host, with all below it; or addresses. Without a port it holds for each."""

    scheme: str
    name: str
    port: int | None
    addresses: IPv4Network | IPv6Network | None

    def holds_for(self, url: SplitResult) -> bool:
        """Whether no proxy is asked for this address."""
        if (self.scheme and self.scheme not in ("all", url.scheme)) or (self.port and self.port != url.port):
            return False
        host = url.hostname or ""
        if self.addresses:
            with contextlib.suppress(ValueError):  # a name is no address
                return ip_address(host) in self.addresses
        below = f".{self.name.lstrip('.')}"
        return host == self.name or (not self.scheme and host.endswith(below))


def unreadable_exceptions(environ: Mapping[str, str]) -> Sequence[str]:
    """The entries of NO_PROXY that mean nothing; the others count all the same."""
    return [entry for entry in _entries(environ) if entry != "*" and _read_entry(entry) is None]


def _setting_for(base_url: str, environ: Mapping[str, str]) -> _Setting | None:
    settings = _proxy_settings(environ)
    url = urlsplit(base_url)
    for entry in _entries(environ):
        if entry == "*" or ((read := _read_entry(entry)) and read.holds_for(url)):
            return None
    found = settings.get(url.scheme) or settings.get("all")
    return found if found is None or "://" in found.value else found._replace(value=f"http://{found.value}")


def _proxy_settings(environ: Mapping[str, str]) -> dict[str, _Setting]:
    settings: dict[str, _Setting] = {}
    for name, value in sorted(environ.items()):  # so the spelling in small letters wins
        if name.lower().endswith("_proxy"):
            settings[name[: -len("_proxy")].lower()] = _Setting(name, value.strip())
    settings = {scheme: setting for scheme, setting in settings.items() if setting.value}
    if not settings and environ is os.environ and sys.platform in ("win32", "darwin"):
        return {scheme: _Setting(_OF_THE_SYSTEM, value) for scheme, value in urllib.request.getproxies().items()}
    return settings


def _entries(environ: Mapping[str, str]) -> Sequence[str]:
    no_proxy = _proxy_settings(environ).get("no")
    return [entry.lower() for entry in re.split(r"[\s,;]+", no_proxy.value) if entry] if no_proxy else ()


def _read_entry(text: str) -> _Exception | None:
    scheme, _, rest = text.rpartition("://")
    with contextlib.suppress(ValueError):
        return _Exception(scheme, "", None, ip_network(rest.strip("[]"), strict=False))
    found = _ENTRY.fullmatch(rest.rstrip("/"))
    if found is None:
        return None
    name, port = found["six"] or found["name"].removeprefix("*"), found["port"]
    addresses = None
    with contextlib.suppress(ValueError):
        addresses = ip_network(name)
    return _Exception(scheme, name, int(port) if port and port != "*" else None, addresses)


@dataclass(frozen=True, slots=True, repr=False)
class Proxy:
    """A proxy's address; its repr would show a password."""

    url: SplitResult
    host: str
    port: int
    variable: str
    """Which variable of the environment names it."""

    @property
    def shown(self) -> str:
        """Its address without the log-in that may be in it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.url.scheme}://{host}:{self.port}"

    @property
    def log_in(self) -> str | None:
        """The value of `Proxy-Authorization`, if its address holds a user name."""
        if not self.url.username:
            return None
        pair = f"{unquote(self.url.username)}:{unquote(self.url.password or '')}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"


def find_proxy(base_url: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy before this host. On Windows and macOS the system's own counts where the environment has none.

    Raises:
        Problem: `environment-invalid`; it does not quote the address, because a password may be in it.
    """
    setting = _setting_for(base_url, environ)
    if setting is None:
        return None
    with contextlib.suppress(ValueError):  # its port is no number
        url = urlsplit(setting.value)
        if url.scheme in _SCHEMES and url.hostname:
            port = url.port or (HTTPS_PORT if url.scheme == "https" else HTTP_PORT)
            return Proxy(url, url.hostname, port, setting.variable)
    raise unusable_proxy(setting.variable)


def unusable_proxy(variable: str, detail: str = UNUSABLE_PROXY) -> Problem:
    """`environment-invalid`."""
    return Problem(ProblemName.ENVIRONMENT_INVALID, variable=variable, detail=detail)
