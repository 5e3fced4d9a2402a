"""What the network does to a call, and the problem that it is: by httpx's exceptions, and over real sockets."""

import contextlib
import gzip
import inspect
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from amzlink.amazon.auth import LwaAuth
from amzlink.amazon.transport import SpApiClient
from amzlink.http.patience import Patience
from amzlink.http.retry import ATTEMPTS
from amzlink.problems import Problem
from tests.amazon.bench import ACCESS_TOKEN, ASK, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, FreeQuotas, bench, ok
from tests.support.network_ends import closed_port, read_head
from tests.support.problems import texts_of
from tests.support.world import VirtualClock

Serve = Callable[[socket.socket], None]

# Every exception of httpx that a request may end with, and what a person is told.
MEANING: dict[type[Exception], str] = {
    httpx.ConnectTimeout: "timeout",
    httpx.ReadTimeout: "timeout",
    httpx.WriteTimeout: "timeout",
    httpx.PoolTimeout: "timeout",
    httpx.TimeoutException: "timeout",
    httpx.ConnectError: "connect-refused",
    httpx.ReadError: "connect-refused",
    httpx.WriteError: "connect-refused",
    httpx.CloseError: "connect-refused",
    httpx.NetworkError: "connect-refused",
    httpx.LocalProtocolError: "connect-refused",
    httpx.RemoteProtocolError: "connect-refused",
    httpx.ProtocolError: "connect-refused",
    httpx.UnsupportedProtocol: "connect-refused",
    httpx.TransportError: "connect-refused",
    httpx.RequestError: "connect-refused",
    httpx.HTTPError: "connect-refused",
    httpx.ProxyError: "proxy-interferes",
    httpx.DecodingError: "response-malformed",
    httpx.TooManyRedirects: "connect-refused",  # cannot come: redirects are not followed
}
# A mistake in amzlink's own code, and nothing that a network can bring about.
OUR_OWN_MISTAKE: set[type[Exception]] = {
    httpx.HTTPStatusError,
    httpx.InvalidURL,
    httpx.CookieConflict,
    httpx.StreamError,
    httpx.StreamConsumed,
    httpx.StreamClosed,
    httpx.ResponseNotRead,
    httpx.RequestNotRead,
}


def test_no_exception_of_httpx_is_forgotten() -> None:
    theirs = {
        thing for thing in vars(httpx).values() if inspect.isclass(thing) and issubclass(thing, Exception)
    }  # fmt: skip
    assert theirs == MEANING.keys() | OUR_OWN_MISTAKE


@pytest.mark.parametrize(("kind", "name"), MEANING.items(), ids=lambda value: getattr(value, "__name__", value))
def test_an_exception_of_httpx_is_a_problem_with_the_host_and_the_call(kind: type[Exception], name: str) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise kind("it went wrong")

    tries = ATTEMPTS if name == "connect-refused" else 1
    with bench(*[fail] * tries) as made, pytest.raises(Problem) as caught:
        made.ask()
    facts = caught.value.facts
    assert (caught.value.name.value, facts["host"], facts["operation"]) == (name, "api.test", "searchOrders")
    assert caught.value.exit_code == 75
    assert all(texts_of(caught.value).values())


@pytest.mark.parametrize(
    ("error", "seconds"), [(httpx.ConnectTimeout("late"), 10), (httpx.ReadTimeout("late"), 20)], ids=["connect", "read"]
)
def test_a_timeout_tells_which_limit_was_reached(error: Exception, seconds: int) -> None:
    with bench(error) as made, pytest.raises(Problem) as caught:
        made.ask()
    assert caught.value.summary == f"api.test did not answer within {seconds} seconds."


# Over real sockets


@contextlib.contextmanager
def server(serve: Serve, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server on the loopback interface that treats each connection as told; its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    open_ones: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            open_ones.append(connection)
            with contextlib.suppress(OSError):
                if context:
                    connection = context.wrap_socket(connection, server_side=True)
                    open_ones.append(connection)
                serve(connection)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()
        for connection in open_ones:
            connection.close()


@contextlib.contextmanager
def link_to(url: str, seconds: float = 30.0) -> Iterator[SpApiClient]:
    """A link over the plain transport that has a token already."""
    clock = VirtualClock()
    link = SpApiClient(
        base_url=url,
        auth=Signed(),
        quotas=FreeQuotas(),
        clock=clock,
        patience=Patience(clock, timedelta(minutes=5)),
        timeout=httpx.Timeout(seconds),
    )
    with link:
        yield link


class Signed(LwaAuth):
    """An access token that need not be asked for."""

    def __init__(self) -> None:
        super().__init__("https://lwa.test", CLIENT_ID, lambda: (CLIENT_SECRET, REFRESH_TOKEN), VirtualClock())
        self._token, self._good_until = ACCESS_TOKEN, VirtualClock().now() + timedelta(hours=1)


def answer(head: str, body: bytes = b"{}") -> Serve:
    """Reads a request and answers it."""

    def serve(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(f"{head}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        connection.close()

    return serve


def failure(url: str, seconds: float = 30.0) -> Problem:
    """The problem that a call ends with."""
    with link_to(url, seconds) as link, pytest.raises(Problem) as caught:
        link.get(ASK, "/orders", {})
    return caught.value


def test_a_port_where_nobody_listens_is_no_connection() -> None:
    assert failure(f"http://127.0.0.1:{closed_port()}").name.value == "connect-refused"


@pytest.mark.parametrize("earlier", [ssl.SSLError("of another connection"), socket.gaierror("of another name")])
def test_a_failure_is_judged_by_itself_and_not_by_what_was_being_handled_before(earlier: OSError) -> None:
    with server(lambda connection: connection.close()) as hangs_up:
        try:
            raise earlier
        except OSError:
            for port in (hangs_up, closed_port()):
                assert failure(f"http://127.0.0.1:{port}").name.value == "connect-refused"


def test_a_name_that_cannot_be_looked_up_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    problem = failure("https://sellingpartnerapi-eu.amazon.com")
    assert problem.name.value == "dns-failed"
    assert problem.summary == "The name sellingpartnerapi-eu.amazon.com cannot be looked up."


def test_a_server_that_never_answers_is_a_timeout() -> None:
    with server(lambda _: None) as port:
        assert failure(f"http://127.0.0.1:{port}", seconds=0.05).name.value == "timeout"


def test_a_connection_that_ends_before_an_answer_is_tried_again_and_then_named() -> None:
    seen = []

    def hang_up(connection: socket.socket) -> None:
        seen.append(read_head(connection))
        connection.close()

    with server(hang_up) as port:
        problem = failure(f"http://127.0.0.1:{port}")
    assert len(seen) == ATTEMPTS
    assert problem.name.value == "connect-refused"
    host = problem.facts["host"]
    assert problem.summary == f"No working connection to {host}: the connection brings no answer that can be read."


def test_what_answers_and_is_no_http_server_is_told_apart_from_a_closed_port() -> None:
    def greet(connection: socket.socket) -> None:
        connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")
        read_head(connection)
        connection.close()

    with server(greet) as port:
        assert "brings no answer that can be read" in failure(f"http://127.0.0.1:{port}").summary


def test_an_answer_that_ends_in_the_middle_is_no_success() -> None:
    def break_off(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"orders": [')
        connection.close()

    with server(break_off) as port:
        problem = failure(f"http://127.0.0.1:{port}")
    assert problem.name.value == "response-malformed"
    assert "broke off before the answer was complete" in problem.summary


def test_something_that_does_not_speak_http_is_no_connection() -> None:
    def greet(connection: socket.socket) -> None:
        connection.sendall(b"220 mail.test ESMTP ready\r\n")
        connection.close()

    with server(greet) as port:
        assert failure(f"http://127.0.0.1:{port}").name.value == "connect-refused"


def test_an_answer_whose_compression_is_damaged_cannot_be_read() -> None:
    damaged = b"\x00" + gzip.compress(b'{"orders": []}')
    with server(answer("HTTP/1.1 200 OK\r\nContent-Encoding: gzip", damaged)) as port:
        assert failure(f"http://127.0.0.1:{port}").name.value == "response-malformed"


def test_a_compressed_answer_is_read() -> None:
    body = gzip.compress(b'{"orders": []}')
    serve = answer("HTTP/1.1 200 OK\r\nContent-Encoding: gzip", body)
    with server(serve) as port, link_to(f"http://127.0.0.1:{port}") as link:
        assert link.get(ASK, "/orders", {}).body == b'{"orders": []}'


def test_a_redirect_to_nowhere_is_something_in_between() -> None:
    serve = answer("HTTP/1.1 302 Found\r\nLocation: https://[nowhere:99999999")
    with server(serve) as port:
        assert failure(f"http://127.0.0.1:{port}").name.value == "proxy-interferes"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody vouches for, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    return file


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_certificate_that_nobody_vouches_for_is_not_trusted_and_no_token_is_sent(certificate: Path) -> None:
    seen: list[bytes] = []
    with server(lambda connection: seen.append(read_head(connection)), tls(certificate)) as port:
        problem = failure(f"https://127.0.0.1:{port}")
    assert problem.name.value == "tls-failed"
    assert "SSL_CERT_FILE" in problem.next_step
    assert seen == []


def test_an_inspecting_proxys_certificate_is_trusted_when_ssl_cert_file_names_it(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with server(answer("HTTP/1.1 200 OK"), tls(certificate)) as port, link_to(f"https://127.0.0.1:{port}") as link:
        assert link.get(ASK, "/orders", {}).body == b"{}"


@pytest.mark.parametrize("content", [None, "this is no certificate"], ids=["missing", "rubbish"])
def test_a_file_of_certificates_that_cannot_be_used_is_named_as_such(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "certificates.pem"
    if content:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(Problem) as caught, link_to("https://api.test"):
        pass
    assert (caught.value.name.value, caught.value.facts["variable"]) == ("environment-invalid", "SSL_CERT_FILE")


class TestProxies:
    @pytest.fixture(autouse=True)
    def nothing_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.lower(), raising=False)

    def test_a_proxy_that_wants_a_log_in_is_named_and_sees_no_token(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[bytes] = []

        def refuse(connection: socket.socket) -> None:
            seen.append(read_head(connection))
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

        with server(refuse) as port:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
            assert failure("https://sellingpartnerapi-eu.amazon.com").name.value == "proxy-interferes"
        assert seen[0].startswith(b"CONNECT sellingpartnerapi-eu.amazon.com:443")
        assert ACCESS_TOKEN.encode() not in seen[0]

    @pytest.mark.parametrize(
        "address", ["socks5://127.0.0.1:1080", "gopher://user:hush-hush@127.0.0.1", "http://user:hush-hush@proxy:port"]
    )
    def test_a_proxy_setting_that_cannot_be_used_is_named_without_its_password(
        self, address: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTPS_PROXY", address)
        with pytest.raises(Problem) as caught, link_to("https://api.test") as link:
            link.get(ASK, "/orders", {})
        assert caught.value.name.value == "environment-invalid"
        assert "HTTPS_PROXY" in caught.value.summary
        assert "hush-hush" not in str(texts_of(caught.value))

    def test_no_proxy_is_asked_for_a_host_that_is_left_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with server(answer("HTTP/1.1 200 OK")) as port, link_to(f"http://127.0.0.1:{port}") as link:
            assert link.get(ASK, "/orders", {}).body == b"{}"


def test_the_client_says_what_it_is_and_that_it_is_an_agent() -> None:
    with bench(ok()) as made:
        made.ask()
        (agent,) = {request.headers["user-agent"] for request in (*made.amazon.requests, *made.amazon.lwa_requests)}
    assert agent.startswith("amzlink/")
    assert "(Language=Python/3." in agent
    assert "automated agent" in agent
    assert len(agent) <= 500
