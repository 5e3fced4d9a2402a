"""Which proxy is asked: the one that httpx would ask, but that no entry of NO_PROXY can break anything."""

import os
from collections.abc import Mapping

import httpx
import pytest

from amzlink.http.client import HttpConnection
from amzlink.http.proxies import find_proxy, unreadable_exceptions
from amzlink.problems import Problem
from tests.support.network_ends import answering, closed_port
from tests.support.world import VirtualClock

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
    ours = find_proxy(url, environ)
    assert (ours is None) == (theirs is None)
    if theirs is not None and ours is not None:
        assert theirs.host.decode() == ours.host


SIX = "http://[fe80::1]:8080"


@pytest.mark.parametrize(
    ("url", "no_proxy", "is_asked"),
    [
        (LOCAL, "127.0.0.1,fe80::/10", False),
        (LOCAL, "[::1],127.0.0.1", False),
        (LOCAL, "127.0.0.1:*", False),
        (LOCAL, "127.0.0.0/8", False),
        (LOCAL, "localhost 127.0.0.1", False),
        (LOCAL, "127.0.0.1/99,[[,127.0.0.1", False),
        (LOCAL, "10.0.0.0/8,fe80::/10", True),
        (LOCAL, "[::1]", True),
        (SIX, "fe80::/10", False),
        (SIX, "[fe80::1]:8080", False),
        (SIX, "[fe80::1]:9", True),
        (SIX, "127.0.0.0/8", True),
        (EU, "*.amazon.com", False),
        (EU, "fe80::/10,[::1],127.0.0.1:*", True),
        (EU, "https://sellingpartnerapi-eu.amazon.com/", False),
    ],
)
def test_each_entry_of_no_proxy_that_can_be_read_counts(url: str, no_proxy: str, is_asked: bool) -> None:
    assert (find_proxy(url, {"ALL_PROXY": P, "NO_PROXY": no_proxy}) is not None) == is_asked


def test_entries_of_no_proxy_that_mean_nothing_are_known() -> None:
    assert unreadable_exceptions({"NO_PROXY": "127.0.0.1,10.0.0.0/99,[::1]:*,*,a:b:c"}) == ["10.0.0.0/99", "a:b:c"]
    assert not unreadable_exceptions({})


@pytest.mark.parametrize("no_proxy", ["127.0.0.1,fe80::/10", "[::1]", "127.0.0.1:*", "[[", "http://[", "a:b:c"])
def test_a_call_is_made_whatever_stands_in_no_proxy(no_proxy: str) -> None:
    with answering("200 OK", b"{}") as made:
        connection = HttpConnection(clock=VirtualClock(), request_id_header="x", environ={"NO_PROXY": no_proxy})
        answer = connection.send("ask", connection.request("GET", f"http://127.0.0.1:{made.port}/", {}))
        connection.close()
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_variable_that_is_wrong_is_the_one_that_is_named(name: str) -> None:
    connection = HttpConnection(clock=VirtualClock(), request_id_header="x", environ={name: "gopher://a:hush@b"})
    with pytest.raises(Problem) as caught:
        connection.send("ask", connection.request("GET", "http://127.0.0.1:9/", {}))
    connection.close()
    assert (caught.value.name.value, caught.value.facts["variable"]) == ("environment-invalid", name)
    assert f"Correct {name}" in caught.value.next_step
    assert "config" not in f"{caught.value.cause}{caught.value.next_step}"


def test_a_socks_proxy_without_its_package_is_told_as_that() -> None:
    environ = {"HTTP_PROXY": f"socks5://127.0.0.1:{closed_port()}"}
    connection = HttpConnection(clock=VirtualClock(), request_id_header="x", environ=environ)
    with pytest.raises(Problem) as caught:
        connection.send("ask", connection.request("GET", "http://127.0.0.1:9/", {}))
    connection.close()
    assert caught.value.name.value == "environment-invalid"
    assert "socksio" in caught.value.summary


def test_a_proxy_that_is_wrong_for_another_scheme_stops_nothing() -> None:
    with answering("200 OK", b"{}") as made:
        connection = HttpConnection(clock=VirtualClock(), request_id_header="x", environ={"HTTPS_PROXY": "gopher://b"})
        answer = connection.send("ask", connection.request("GET", f"http://127.0.0.1:{made.port}/", {}))
        connection.close()
    assert answer.status_code == 200
