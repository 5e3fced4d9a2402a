"""Which proxy stands before a host: chosen as httpx chooses it, so that what is looked at is what will be used."""

import base64
import os
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from amzlink.problems import Problem, ProblemName
from amzlink.problems.network import UNUSABLE_PROXY

HTTP_PORT: Final = 80
HTTPS_PORT: Final = 443
_SCHEMES: Final = ("http", "https", "socks5", "socks5h")


def proxy_of(base_url: str, environ: Mapping[str, str]) -> str | None:
    """The address of the proxy that httpx asks for this host, or None.

    On Windows and macOS the system's own setting counts where the environment has none.
    """
    settings = _proxy_settings(environ)
    url = urlsplit(base_url)
    if _left_out(url, settings.get("no", "")):
        return None
    found = settings.get(url.scheme) or settings.get("all")
    return found if found is None or "://" in found else f"http://{found}"


def _proxy_settings(environ: Mapping[str, str]) -> dict[str, str]:
    settings: dict[str, str] = {}
    for name, value in sorted(environ.items()):  # so the spelling in small letters wins
        if name.lower().endswith("_proxy"):
            settings[name[: -len("_proxy")].lower()] = value
    settings = {name: value for name, value in settings.items() if value}
    if not settings and environ is os.environ and sys.platform in ("win32", "darwin"):
        return urllib.request.getproxies()
    return settings


def _left_out(url: SplitResult, no_proxy: str) -> bool:
    """Whether NO_PROXY names the host: itself, or (for a name) what it ends with after a dot."""
    host = url.hostname or ""
    for entry in (part.strip().lower() for part in no_proxy.split(",")):
        if entry == "*":
            return True
        scheme, _, name = entry.rpartition("://")
        name, port = _without_port(name)
        if not name or (scheme and scheme not in ("all", url.scheme)) or (port and port != url.port):
            continue
        if host == name or (not scheme and host.endswith(f".{name.lstrip('.')}")):
            return True
    return False


def _without_port(name: str) -> tuple[str, int | None]:
    if name.count(":") != 1:  # more of them are an address of IPv6
        return name.strip("[]"), None
    name, _, port = name.partition(":")
    return name, int(port) if port.isdecimal() else None


@dataclass(frozen=True, slots=True, repr=False)
class Proxy:
    """A proxy's address; its repr would show a password."""

    url: SplitResult
    host: str
    port: int

    @property
    def shown(self) -> str:
        """Its address without the log-in that may stand in it."""
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
    """The proxy before this host.

    Raises:
        Problem: `config-invalid`; it does not quote the address, because a password may stand in it.
    """
    address = proxy_of(base_url, environ)
    if address is None:
        return None
    try:
        url = urlsplit(address)
        if url.scheme in _SCHEMES and url.hostname:
            return Proxy(url, url.hostname, url.port or (HTTPS_PORT if url.scheme == "https" else HTTP_PORT))
    except ValueError:  # its port is no number
        pass
    raise unusable_proxy()


def unusable_proxy() -> Problem:
    """`config-invalid`."""
    return Problem(
        ProblemName.CONFIG_INVALID,
        file="HTTPS_PROXY (or ALL_PROXY, HTTP_PROXY)",
        detail=UNUSABLE_PROXY,
    )
