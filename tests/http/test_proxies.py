"""The probe asks the proxy that httpx would ask: otherwise it would look at a way that nobody takes."""

import os
from collections.abc import Mapping

import httpx
import pytest

from amzlink.http.proxies import proxy_of

P, Q = "http://p.test:3128", "http://q.test:3128"
EU = "https://sellingpartnerapi-eu.amazon.com"
LOCAL = "http://127.0.0.1:8080"

SETTINGS: list[tuple[str, Mapping[str, str]]] = [
    (EU, {}),
    (EU, {"HTTPS_PROXY": P}),
    (EU, {"https_proxy": P, "HTTPS_PROXY": Q}),
    (EU, {"HTTP_PROXY": P}),
    (EU, {"ALL_PROXY": P}),
    (EU, {"ALL_PROXY": P, "HTTPS_PROXY": Q}),
    (EU, {"HTTPS_PROXY": "p.test:3128"}),
    (EU, {"HTTPS_PROXY": P, "NO_PROXY": "*"}),
    (EU, {"HTTPS_PROXY": P, "NO_PROXY": "amazon.com"}),
    (EU, {"HTTPS_PROXY": P, "NO_PROXY": ".amazon.com"}),
    (EU, {"HTTPS_PROXY": P, "NO_PROXY": "eu.amazon.com"}),
    (EU, {"HTTPS_PROXY": P, "NO_PROXY": "localhost, 127.0.0.1 ,other.test"}),
    (EU, {"HTTPS_PROXY": P, "NO_PROXY": "localhost, sellingpartnerapi-eu.amazon.com"}),
    (EU, {"HTTPS_PROXY": P, "NO_PROXY": "https://sellingpartnerapi-eu.amazon.com"}),
    (EU, {"HTTPS_PROXY": P, "NO_PROXY": "http://sellingpartnerapi-eu.amazon.com"}),
    ("https://amazon.com", {"HTTPS_PROXY": P, "NO_PROXY": ".amazon.com"}),
    ("https://notamazon.com", {"HTTPS_PROXY": P, "NO_PROXY": "amazon.com"}),
    (LOCAL, {"HTTP_PROXY": P}),
    (LOCAL, {"HTTPS_PROXY": P}),
    (LOCAL, {"ALL_PROXY": P, "NO_PROXY": "127.0.0.1"}),
    (LOCAL, {"ALL_PROXY": P, "NO_PROXY": "127.0.0.1:9"}),
    ("http://localhost:8080", {"ALL_PROXY": P, "NO_PROXY": "localhost"}),
    ("http://[::1]:8080", {"ALL_PROXY": P, "NO_PROXY": "::1"}),
]


@pytest.mark.parametrize(("url", "environ"), SETTINGS, ids=str)
def test_the_proxy_is_the_one_that_httpx_asks(
    url: str, environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with httpx.Client() as client:
        transport = client._transport_for_url(httpx.URL(url))
        pool = getattr(transport, "_pool", None)
        theirs = getattr(pool, "_proxy_url", None)
    ours = proxy_of(url, environ)
    assert (ours is None) == (theirs is None)
    if theirs is not None and ours is not None:
        assert theirs.host.decode() in ours
