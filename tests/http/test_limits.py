"""Whatever sends a body, it is read within limits: on its size, packed and unpacked, and on the time of all of it."""

import contextlib
import gzip
import itertools
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial

import httpx
import pytest

from amzlink.http.bodies import BodyLateError, body_parts
from amzlink.http.client import HttpConnection
from amzlink.http.watched_call import WatchedCall
from amzlink.problems import Problem
from tests.support.network_ends import LOOPBACK, server
from tests.support.world import VirtualClock

PIECE = b" " * 2**20
LIMIT = 32 * 2**20


class Endless(httpx.SyncByteStream):
    """Pieces without end; it counts those that were taken."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.taken = 0
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.taken += 1
            yield piece


@contextlib.contextmanager
def connection(
    answer: Callable[[httpx.Request], httpx.Response] | None = None, *, longest_call: float = 5.0
) -> Iterator[HttpConnection]:
    transport = httpx.MockTransport(answer) if answer else None
    made = HttpConnection(
        clock=VirtualClock(), request_id_header="x-request-id", transport=transport, longest_call=longest_call
    )
    with contextlib.closing(made):
        yield made


def ask(made: HttpConnection, url: str = "https://api.test/") -> httpx.Response:
    return made.send("searchOrders", made.request("GET", url, {}))


def given(answer: httpx.Response, _: httpx.Request) -> httpx.Response:
    return answer


@pytest.mark.parametrize(
    "place",
    [b"https://elsewhere.test/", b"javascript:alert(1)", b"http://[::1", b"https://xn--zzzz--/", b"https://\xff\xfe/"],
)
def test_a_redirect_is_an_answer_like_any_other_wherever_it_leads(place: bytes) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(307, headers={b"location": place})

    with connection(answer) as made:
        assert ask(made).status_code == 307
    assert asked == ["api.test"]


def test_an_answers_id_steers_nothing_and_fills_no_log() -> None:
    given_id = b"id-1\x9b31m\xe2\x80\xae" + b"x" * 60_000
    with connection(lambda _: httpx.Response(200, headers={b"x-request-id": given_id})) as made:
        known = made.request_id(ask(made))
    assert (known[:7], len(known), known.isascii()) == ("id-131m", 200, True)


@pytest.mark.parametrize("status", [200, 400, 503])
def test_a_body_without_end_is_given_up_beyond_the_limit_whatever_its_status(status: int) -> None:
    stream = Endless(itertools.repeat(PIECE))
    with connection(lambda _: httpx.Response(status, stream=stream)) as made, pytest.raises(Problem) as caught:
        ask(made)
    assert caught.value.name.value == "response-malformed"
    assert f"it is larger than {LIMIT} bytes" in caught.value.summary
    assert stream.taken <= LIMIT // len(PIECE) + 1


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate"])
def test_a_little_that_unpacks_to_hundreds_of_megabytes_is_given_up_beyond_the_limit(encoding: str) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | (0 if encoding == "deflate" else 16))
    packed = b"".join(packer.compress(PIECE) for _ in range(256)) + packer.flush()
    assert len(packed) < 3 * 2**17
    stream = Endless(iter([packed]))
    headers = {"content-encoding": encoding}
    answer = httpx.Response(200, headers=headers, stream=stream)
    with connection(lambda _: answer) as made, pytest.raises(Problem, match="response-malformed"):
        ask(made)


def test_a_body_that_is_packed_more_than_once_is_not_unpacked() -> None:
    packed = gzip.compress(gzip.compress(b"{}"))
    answer = httpx.Response(200, headers={"content-encoding": "gzip, gzip"}, stream=Endless(iter([packed])))
    with connection(lambda _: answer) as made, pytest.raises(Problem, match="response-malformed"):
        ask(made)


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"{}", mtime=0)),
        ("GZIP", gzip.compress(b"{", mtime=0) + gzip.compress(b"}", mtime=0)),
        ("deflate", zlib.compress(b"{}")),
        ("deflate", zlib.compress(b"{}")[2:-4]),  # as some servers have it, without zlib's header
        ("identity", b"{}"),
        ("", b"{}"),
    ],
)
def test_a_packed_body_is_read_in_pieces_of_any_size(encoding: str, packed: bytes) -> None:
    for size in (1, 7, len(packed)):
        if encoding == "deflate" and size == 1:
            continue
        parts = [packed[start : start + size] for start in range(0, len(packed), size)]
        answer = httpx.Response(200, headers={"content-encoding": encoding}, stream=Endless(iter(parts)))
        with connection(partial(given, answer)) as made:
            assert ask(made).content == b"{}"


def test_a_packed_body_that_ends_early_is_not_taken_for_whole() -> None:
    packed = gzip.compress(b"{}" * 1000)[:-12]
    answer = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Endless(iter([packed])))
    with connection(lambda _: answer) as made, pytest.raises(Problem, match="response-malformed"):
        ask(made)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_an_answer_that_comes_byte_by_byte_for_ever_ends_with_the_time_for_the_call(head: bytes) -> None:
    over = threading.Event()

    def drip(client: socket.socket) -> None:
        client.recv(4096)
        client.sendall(head)
        while not over.wait(0.02):
            client.sendall(b"a")

    began = time.monotonic()
    with server(drip) as dripping, connection(longest_call=1) as made, pytest.raises(Problem) as caught:
        ask(made, f"http://{LOOPBACK}:{dripping.port}/")
    over.set()
    assert time.monotonic() - began < 30
    assert caught.value.name.value == "timeout"
    assert "its answer came too slowly to be complete by then" in caught.value.summary


def test_a_connection_that_is_kept_is_cut_as_well_when_a_later_answer_does_not_end() -> None:
    over = threading.Event()

    def drip(client: socket.socket) -> None:
        client.recv(4096)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        client.recv(4096)
        client.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not over.wait(0.02):
            client.sendall(b"a")

    with server(drip) as dripping, connection(longest_call=2) as made:
        url = f"http://{LOOPBACK}:{dripping.port}/"
        assert ask(made, url).content == b"{}"
        with pytest.raises(Problem, match="timeout"):
            ask(made, url)
    over.set()


def test_a_connection_that_is_made_after_the_time_for_the_call_is_cut_at_once() -> None:
    """A look-up of the name has no limit of its own, and there is nothing to cut as long as it lasts."""
    ours, theirs = socket.socketpair()
    with ours, theirs, WatchedCall(0.0, {}, (b"https", b"api.test"), lambda: None) as watched:
        while not watched.is_late:
            time.sleep(0.001)
        watched.note_event("connection.connect_tcp.complete", {"return_value": Connected(ours)})
        assert theirs.recv(1) == b"", "it has ended"


class Connected:
    """A connection as httpcore hands it over."""

    def __init__(self, plain: socket.socket) -> None:
        self._plain = plain

    def get_extra_info(self, info: str) -> socket.socket:
        assert info == "socket"
        return self._plain


def test_a_body_whose_next_part_comes_after_its_time_is_late() -> None:
    """Where the transport has no network below it, there is no connection to cut."""
    with pytest.raises(BodyLateError):
        list(body_parts(iter([b"{", b"}"]), encoding="", most_bytes=LIMIT, until=time.monotonic() - 1))
