"""The probe tells apart what can stand between this machine and Amazon; over real sockets, TLS and certificates."""

import errno
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme

from amzlink.amazon.probe import LWA, SPAPI
from amzlink.clock import SystemClock
from amzlink.http.reachability import Probe, probe
from amzlink.http.sockets import Try, why_unconnected
from amzlink.problems import Problem
from amzlink.problems.words import local_day
from tests.support import network_ends
from tests.support.network_ends import PAGE, answering, by_port, closed_port, in_tls, leading_to
from tests.support.problems import texts_of
from tests.support.world import VirtualClock

if TYPE_CHECKING:
    from amzlink.http.sockets import Address

HOST = "sellingpartnerapi-eu.amazon.com"
URL = f"https://{HOST}"
SECONDS = 30.0  # only what fails waits for so long
SHORT = 1.0  # where it is the time limit that is tested


def look(url: str = URL, **options: Any) -> Probe:
    return probe(
        url,
        options.pop("ask", SPAPI),
        **{"clock": SystemClock(), "environ": {}, "timeout_seconds": SECONDS, **options},
    )


def problem_of(url: str = URL, **options: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        look(url, **options)
    return caught.value


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Honest Authority")


@pytest.fixture
def environ(authority: trustme.CA, tmp_path: Path) -> dict[str, str]:
    """An environment in which the authority is trusted."""
    return network_ends.trusted(authority, tmp_path)


@pytest.fixture
def amazon(authority: trustme.CA) -> Iterator[network_ends.Server]:
    """A host with a good certificate that answers as the SP-API answers a call without a token."""
    with answering(date=datetime.now(UTC), context=in_tls(authority.issue_cert(HOST))) as made:
        yield made


class TestAHostThatAnswers:
    def test_is_described_by_what_was_seen(self, amazon: network_ends.Server, environ: dict[str, str]) -> None:
        seen = look(environ=environ, resolver=leading_to(amazon.port))
        assert (seen.host, seen.status, seen.proxy, seen.warning) == (HOST, 403, None, None)
        assert seen.addresses == {"ipv4": ["127.0.0.1"]}
        assert seen.connect_ms.keys() == {"ipv4"}
        assert seen.tls_version == "TLSv1.3"
        assert seen.issuer is not None
        assert seen.issuer.startswith("Honest Authority")
        assert seen.offset is not None
        assert abs(seen.offset) < timedelta(seconds=30)
        assert seen.evidence()["status"] == 403

    def test_is_told_nothing_but_what_it_is_asked(self, amazon: network_ends.Server, environ: dict[str, str]) -> None:
        look(environ=environ, resolver=leading_to(amazon.port))
        (head,) = amazon.heads
        lines = head.decode().split("\r\n")
        assert lines[0] == "GET /sellers/v1/marketplaceParticipations HTTP/1.1"
        names = {line.partition(":")[0].lower() for line in lines[1:] if line}
        assert names == {"host", "user-agent", "accept", "connection"}

    def test_is_asked_for_a_token_with_an_empty_form(self) -> None:
        with answering("400 Bad Request") as made:
            assert look(f"http://127.0.0.1:{made.port}", ask=LWA).status == 400
        (request,) = made.heads
        assert request.startswith(b"POST /auth/o2/token HTTP/1.1")
        assert b"application/x-www-form-urlencoded" in request

    def test_and_is_disturbed_is_left_to_who_asks_for_more(self) -> None:
        with answering("503 Service Unavailable", PAGE) as made:
            assert look(f"http://127.0.0.1:{made.port}").status == 503

    def test_may_answer_in_pieces(self) -> None:
        words = b'HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{"a":1}\r\n0\r\n\r\n'
        with network_ends.greeting(words) as made:
            assert look(f"http://127.0.0.1:{made.port}").status == 403

    @pytest.mark.parametrize(("minutes", "expected"), [(20, 20), (-20, -20)])
    def test_tells_how_far_this_machines_clock_is_off(self, minutes: int, expected: int) -> None:
        clock = VirtualClock()
        with answering(date=clock.now() + timedelta(minutes=minutes)) as made:
            seen = look(f"http://127.0.0.1:{made.port}", clock=clock)
        assert seen.offset is not None
        assert round(seen.offset.total_seconds() / 60) == expected
        assert seen.evidence()["clock_offset_seconds"] == pytest.approx(expected * 60, abs=2)

    @pytest.mark.parametrize("headers", [(), ("Date: some day",)], ids=["none", "unreadable"])
    def test_without_a_date_leaves_the_clock_open(self, headers: tuple[str, ...]) -> None:
        with answering(headers=headers) as made:
            assert look(f"http://127.0.0.1:{made.port}").offset is None

    def test_over_a_transport_is_judged_by_its_answer_alone(self) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            assert "x-amz-access-token" not in request.headers
            return httpx.Response(403, json={"errors": []}, headers={"date": "Mon, 23 Nov 2026 12:00:00 GMT"})

        clock = VirtualClock(datetime(2026, 11, 23, 11, 40, tzinfo=UTC))
        seen = look(transport=httpx.MockTransport(answer), clock=clock)
        assert (seen.status, seen.offset, seen.addresses) == (403, timedelta(minutes=20), {})

    @pytest.mark.parametrize(
        ("error", "name"),
        [(httpx.ReadTimeout("slow"), "timeout"), (httpx.ConnectError("none"), "connect-refused")],
        ids=["slow", "none"],
    )
    def test_over_a_transport_that_brings_no_answer_is_not_reached(self, error: Exception, name: str) -> None:
        def fail(_: httpx.Request) -> httpx.Response:
            raise error

        problem = problem_of(transport=httpx.MockTransport(fail))
        assert (problem.name.value, problem.facts["host"]) == (name, HOST)

    def test_over_a_transport_is_read_no_further_than_its_first_bytes(self) -> None:
        taken = []

        class Long(httpx.SyncByteStream):
            def __iter__(self) -> Iterator[bytes]:
                for number in range(1000):
                    taken.append(number)
                    yield b" " * 1024

        answer = httpx.MockTransport(lambda _: httpx.Response(403, stream=Long()))
        assert look(transport=answer).status == 403
        assert len(taken) == 2


class TestANameThatCannotBeLookedUp:
    @pytest.mark.parametrize(
        ("error", "detail"),
        [
            (socket.gaierror(socket.EAI_NONAME, "x"), "the DNS does not know this name, or there is no connection"),
            (socket.gaierror(socket.EAI_AGAIN, "x"), "the network's DNS does not answer"),
            (socket.gaierror(socket.EAI_FAIL, "x"), f"the look-up failed with error {socket.EAI_FAIL}"),
            (UnicodeError(), "no host can have this name"),
        ],
    )
    def test_is_named_with_the_reason(self, error: Exception, detail: str) -> None:
        problem = problem_of(resolver=network_ends.failing(error))
        assert problem.name.value == "dns-failed"
        assert problem.summary == f"The name {HOST} cannot be looked up: {detail}."

    def test_may_exist_and_have_no_address(self) -> None:
        assert problem_of(resolver=leading_to()).name.value == "dns-failed"

    def test_is_told_apart_by_the_systems_own_look_up(self) -> None:
        """The name is too long for the DNS, so that no query leaves this machine."""
        assert problem_of(f"https://{'x' * 64}.invalid").name.value == "dns-failed"


class TestAConnection:
    def test_to_a_closed_port_is_refused(self) -> None:
        port = closed_port()
        problem = problem_of(f"https://{HOST}:{port}", resolver=leading_to(port))
        assert problem.name.value == "connect-refused"
        assert problem.summary == f"No working connection to {HOST}: port {port} there is closed."
        assert problem.facts["addresses"] == {"ipv4": ["127.0.0.1"]}

    def test_that_is_swallowed_is_a_timeout_within_the_limit(self) -> None:
        with network_ends.deaf() as place:
            problem = problem_of(resolver=leading_to(place), timeout_seconds=SHORT)
        assert problem.name.value == "timeout"
        assert problem.summary.startswith(f"{HOST} did not answer within 1 second: port 443 accepts no connection")

    def test_that_is_taken_by_who_never_greets_is_a_timeout(self) -> None:
        with network_ends.silent() as made:
            problem = problem_of(resolver=leading_to(made.port), timeout_seconds=SHORT)
        assert problem.name.value == "timeout"
        assert problem.facts["detail"] == "it accepts the connection, but does not answer the TLS greeting"

    def test_on_which_no_request_is_answered_is_a_timeout(self) -> None:
        with network_ends.silent() as made:
            problem = problem_of(f"http://127.0.0.1:{made.port}", timeout_seconds=SHORT)
        assert problem.name.value == "timeout"
        assert problem.facts["detail"] == "it accepts the connection, but does not answer the request"

    def test_whose_answer_drips_in_is_a_timeout_of_the_whole(self) -> None:
        """Each byte by itself comes in time."""

        def drip(connection: socket.socket) -> None:
            connection.settimeout(0.1)
            for _ in range(100):
                connection.sendall(b"H")
                try:
                    connection.recv(4096)
                except TimeoutError:
                    continue

        with network_ends.server(drip) as made:
            assert problem_of(f"http://127.0.0.1:{made.port}", timeout_seconds=SHORT).name.value == "timeout"

    @pytest.mark.parametrize(
        ("words", "detail"),
        [
            (b"", "the connection ends without an answer"),
            (b"220 mail.test ESMTP ready\r\n", "what answers there is not an HTTP server"),
        ],
    )
    def test_to_who_does_not_speak_http_is_none(self, words: bytes, detail: str) -> None:
        with network_ends.greeting(words) as made:
            problem = problem_of(f"http://127.0.0.1:{made.port}")
        assert (problem.name.value, problem.facts["detail"]) == ("connect-refused", detail)

    def test_that_breaks_in_place_of_an_answer_is_none(self) -> None:
        def cut(connection: socket.socket) -> None:
            network_ends.read_head(connection)
            network_ends.reset(connection)

        with network_ends.server(cut) as made:
            problem = problem_of(f"http://127.0.0.1:{made.port}")
        assert problem.name.value == "connect-refused"
        assert problem.facts["detail"] == "the connection breaks before the answer"

    def test_that_the_system_does_not_even_begin_is_given_up_at_once(self) -> None:
        """As where there is no route, or no such family: here the address is one of another family."""
        problem = problem_of(resolver=leading_to((socket.AF_INET, ("::1", 443))))
        assert (problem.name.value, problem.facts["detail"]) == ("connect-refused", "this network has no route to it")

    def test_that_a_firewall_forbids_is_told_from_a_closed_port(self) -> None:
        forbidden = Try("ipv4", "192.0.2.1", error=PermissionError(errno.EPERM, "Operation not permitted"))
        why = why_unconnected([forbidden], 443)
        assert why.detail == "a firewall on this machine or in the network blocks it"

    def test_to_the_second_address_counts_where_the_first_is_closed(
        self, amazon: network_ends.Server, environ: dict[str, str]
    ) -> None:
        seen = look(environ=environ, resolver=leading_to(closed_port(), amazon.port))
        assert (seen.status, seen.warning) == (403, None)

    @pytest.mark.parametrize("url", ["https://", "https://host:port", "https://host:0"])
    def test_to_an_address_that_is_none_is_a_fault_of_the_settings(self, url: str) -> None:
        assert problem_of(url).name.value == "environment-invalid"


@pytest.mark.skipif(not network_ends.has_ipv6(), reason="this machine has no IPv6")
class TestIPv6:
    def test_that_leads_nowhere_is_a_warning_where_ipv4_answers(
        self, amazon: network_ends.Server, environ: dict[str, str]
    ) -> None:
        with network_ends.deaf(socket.AF_INET6) as place:
            seen = look(environ=environ, resolver=leading_to(place, amazon.port), timeout_seconds=1.0)
        assert seen.status == 403
        assert seen.warning is not None
        assert seen.warning.name.value == "ipv6-black-hole"
        assert seen.warning.entry.severity == "warning"
        assert seen.warning.facts == {"host": HOST, "addresses": ["::1"]}
        assert seen.addresses == {"ipv6": ["::1"], "ipv4": ["127.0.0.1"]}
        assert seen.connect_ms.keys() == {"ipv4"}

    def test_that_is_refused_at_once_costs_nothing_and_is_no_warning(
        self, amazon: network_ends.Server, environ: dict[str, str]
    ) -> None:
        nobody: Address = (socket.AF_INET6, ("::1", closed_port()))
        seen = look(environ=environ, resolver=leading_to(nobody, amazon.port))
        assert (seen.status, seen.warning) == (403, None)

    def test_that_answers_too_is_no_warning(self, amazon: network_ends.Server, environ: dict[str, str]) -> None:
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as listening:
            place: Address = (socket.AF_INET6, listening.getsockname())
            seen = look(environ=environ, resolver=leading_to(amazon.port, place))
        assert seen.warning is None
        assert seen.connect_ms.keys() == {"ipv4", "ipv6"}

    def test_that_is_all_there_is_and_swallows_is_a_timeout(self) -> None:
        with network_ends.deaf(socket.AF_INET6) as place:
            assert problem_of(resolver=leading_to(place), timeout_seconds=SHORT).name.value == "timeout"


class TestACertificate:
    def problem(self, certificate: trustme.LeafCert, environ: dict[str, str], **options: Any) -> Problem:
        """On a port where no sign-in page is looked for."""
        with answering(context=in_tls(certificate), date=options.pop("date", None)) as made:
            url = f"https://{HOST}:{made.port}"
            problem = problem_of(url, environ=environ, resolver=leading_to(made.port), **options)
        assert all(b"sellers" not in head for head in made.heads), "nothing is asked of who is not trusted"
        return problem

    def test_of_an_inspecting_proxy_is_named_with_its_issuer(self) -> None:
        inspector = trustme.CA(organization_name="ACME Web Inspection", organization_unit_name="IT")
        problem = self.problem(inspector.issue_cert(HOST), {})
        assert problem.name.value == "tls-failed"
        assert str(problem.facts["issuer"]).startswith("ACME Web Inspection")
        assert problem.summary.startswith(
            f"The secure connection to {HOST} failed: its certificate's issuer, ACME Web Inspection"
        )
        assert problem.summary.endswith("is not known to this machine.")
        assert "SSL_CERT_FILE" in problem.next_step

    def test_that_has_run_out_is_named_with_its_dates(self, authority: trustme.CA, environ: dict[str, str]) -> None:
        ended = datetime.now(UTC) - timedelta(days=40)
        certificate = authority.issue_cert(HOST, not_before=ended - timedelta(days=90), not_after=ended)
        before = datetime.now(UTC)
        problem = self.problem(certificate, environ)
        assert problem.name.value == "tls-failed"
        assert f"expired on {local_day(ended)}" in problem.summary
        days = {local_day(moment) for moment in (before, datetime.now(UTC))}  # midnight may be between them
        assert any(f"this machine's date is {day}" in problem.summary for day in days)
        assert "the host says" not in problem.summary

    def test_that_is_not_valid_yet_is_named_with_the_date_that_the_host_tells(
        self, authority: trustme.CA, environ: dict[str, str]
    ) -> None:
        """A machine whose battery is dead believes in an old day, and every certificate is of the future."""
        begins = datetime.now(UTC) + timedelta(days=400)
        certificate = authority.issue_cert(HOST, not_before=begins, not_after=begins + timedelta(days=90))
        problem = self.problem(certificate, environ, date=begins + timedelta(days=1))
        assert f"is valid from {local_day(begins)} only" in problem.summary
        assert f"the host says {local_day(begins + timedelta(days=1))}" in problem.summary
        assert "machine's date" in problem.next_step

    def test_of_another_host_is_named_with_the_names_in_it(
        self, authority: trustme.CA, environ: dict[str, str]
    ) -> None:
        problem = self.problem(authority.issue_cert("login.hotel.example"), environ)
        assert problem.name.value == "tls-failed"
        assert "its certificate is for login.hotel.example" in problem.summary

    def test_cannot_write_to_the_terminal(self) -> None:
        rude = trustme.CA(organization_name="Rude\x1b[31m\nAuthority" + "x" * 25)
        assert "\x1b" not in self.problem(rude.issue_cert(HOST), {}).summary

    def test_is_trusted_where_ssl_cert_file_names_its_issuer(
        self, amazon: network_ends.Server, environ: dict[str, str]
    ) -> None:
        assert look(environ=environ, resolver=leading_to(amazon.port)).status == 403
        assert problem_of(f"https://{HOST}:1", resolver=leading_to(amazon.port)).name.value == "tls-failed"

    def test_list_that_cannot_be_read_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "rubbish").write_text("no certificate")
        problem = problem_of(environ={"SSL_CERT_FILE": str(tmp_path / "rubbish")})
        assert (problem.name.value, problem.facts["variable"]) == ("environment-invalid", "SSL_CERT_FILE")


class TestAPortWithoutTls:
    @pytest.mark.parametrize("patient", [True, False], ids=["waiting for a line to end", "refusing at once"])
    def test_that_speaks_plain_http_is_named(self, patient: bool) -> None:
        refusing = network_ends.greeting(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        with answering("400 Bad Request") if patient else refusing as made:
            url = f"https://{HOST}:{made.port}"
            problem = problem_of(url, resolver=leading_to(made.port), timeout_seconds=1.0)
        assert problem.name.value == "tls-failed"
        assert f"plain HTTP (status 400) is spoken at port {made.port}, where TLS belongs" in problem.summary

    def test_that_speaks_something_else_is_named(self) -> None:
        with network_ends.greeting(b"220 mail.test ESMTP ready\r\n") as made:
            problem = problem_of(f"https://{HOST}:{made.port}", resolver=leading_to(made.port))
        assert problem.name.value == "tls-failed"
        assert f"no TLS is spoken at port {made.port}" in problem.summary

    def test_that_hangs_up_at_the_hosts_name_is_named(self) -> None:
        with network_ends.greeting(b"") as made:
            problem = problem_of(f"https://{HOST}:{made.port}", resolver=leading_to(made.port))
        assert problem.name.value == "tls-failed"
        assert "cut off during the TLS greeting" in problem.summary


class TestACaptivePortal:
    @pytest.mark.parametrize(
        ("status", "body", "headers", "detail"),
        [
            ("302 Found", b"", ("Location: http://login.hotel.example/?mac=00",), "a redirect to login.hotel.example"),
            ("302 Found", b"", ("Location: https://[broken",), "a redirect to a page of its own"),
            ("200 OK", PAGE, (), "a web page"),
            ("511 Network Authentication Required", PAGE, (), "a demand to sign in to the network"),
        ],
    )  # fmt: skip
    def test_is_known_by_its_answer(self, status: str, body: bytes, headers: tuple[str, ...], detail: str) -> None:
        with answering(status, body, headers=headers) as made:
            problem = problem_of(f"http://127.0.0.1:{made.port}")
        assert (problem.name.value, problem.facts["kind"]) == ("proxy-interferes", "captive-portal")
        number = int(status[:3])
        assert problem.summary == f"Something stands between this machine and 127.0.0.1: {detail} (status {number})."
        assert problem.facts["status"] == number
        assert "mac" not in str(problem.facts), "what stands behind the host may tell who somebody is"

    def test_is_known_over_a_transport_too(self) -> None:
        page = httpx.MockTransport(lambda request: httpx.Response(200, content=PAGE))
        assert problem_of(transport=page).facts["kind"] == "captive-portal"

    @pytest.mark.parametrize("https", ["another certificate", "closed", "swallowed"])
    def test_that_lets_no_https_through_is_known_by_plain_http(self, https: str) -> None:
        """The usual case: the name leads to the portal, whose certificate is its own."""
        portal = trustme.CA(organization_name="Hotel").issue_cert("login.hotel.example")
        location = ("Location: http://login.hotel.example/",)
        with (
            answering("302 Found", headers=location) as plain,
            answering(context=in_tls(portal)) as secure,
            network_ends.deaf() as (_, deaf),
        ):
            ports = {"another certificate": secure.port, "closed": closed_port(), "swallowed": deaf[1]}
            places = {443: ports[https], 80: plain.port}
            problem = problem_of(resolver=by_port(places), timeout_seconds=1.0 if https == "swallowed" else SECONDS)
        assert (problem.name.value, problem.facts["kind"]) == ("proxy-interferes", "captive-portal")
        assert "a redirect to login.hotel.example" in problem.summary
        assert problem.facts["instead_of"] in ("tls-failed", "connect-refused", "timeout")

    @pytest.mark.parametrize(
        ("status", "headers"),
        [("301 Moved Permanently", ("Location: https://www.amazon.com/",)), ("404 Not Found", ())],
    )
    def test_is_not_what_the_host_itself_says_on_plain_http(self, status: str, headers: tuple[str, ...]) -> None:
        with answering(status, b"", headers=headers) as plain:
            assert problem_of(resolver=by_port({443: closed_port(), 80: plain.port})).name.value == "connect-refused"

    def test_is_not_a_firewalls_page_of_refusal(self) -> None:
        with answering("403 Forbidden", PAGE) as made:
            problem = problem_of(f"http://127.0.0.1:{made.port}")
        assert problem.name.value == "proxy-interferes"
        assert "a web page of a firewall or filter (status 403)" in problem.summary


class TestAProxy:
    @pytest.fixture
    def log_in(self) -> str:
        return "clerk:hush%3Ahush"

    def problem(self, port: int, log_in: str = "", **options: Any) -> Problem:
        at = f"{log_in}@" if log_in else ""
        problem = problem_of(environ={"HTTPS_PROXY": f"http://{at}127.0.0.1:{port}"}, **options)
        assert "hush" not in f"{problem.facts} {texts_of(problem)}"
        assert problem.facts["proxy"] == f"http://127.0.0.1:{port}"
        return problem

    def test_that_tunnels_is_seen_and_needs_no_look_up_of_the_host(
        self, amazon: network_ends.Server, environ: dict[str, str], log_in: str
    ) -> None:
        with network_ends.proxy_to(amazon.port) as made:
            seen = look(environ={**environ, "https_proxy": f"http://{log_in}@127.0.0.1:{made.port}"})
        assert (seen.status, seen.tls_version) == (403, "TLSv1.3")
        assert seen.proxy == f"http://127.0.0.1:{made.port}"
        assert made.heads[0].startswith(f"CONNECT {HOST}:443 HTTP/1.1\r\n".encode())
        assert b"Proxy-Authorization: Basic Y2xlcms6aHVzaDpodXNo" in made.heads[0]
        assert b"Proxy-Authorization" not in amazon.heads[0], "the log-in is the proxy's alone"

    @pytest.mark.parametrize(
        ("status", "body", "words"),
        [
            ("407 Proxy Authentication Required", b"", "asks for a user name and password (status 407)"),
            ("403 Forbidden", b"", "does not allow connections to this host (status 403)"),
            ("502 Bad Gateway", b"", "cannot reach this host itself (status 502)"),
            ("503 Service Unavailable", PAGE, "cannot reach this host itself (status 503 with a web page of its own)"),
            ("404 Not Found", PAGE, "answers in place of the host (status 404 with a web page of its own)"),
            ("302 Found", b"", "answers in place of the host (status 302)"),
        ],
    )
    def test_that_refuses_a_tunnel_is_named_with_what_it_does(self, status: str, body: bytes, words: str) -> None:
        with answering(status, body) as made:
            problem = self.problem(made.port)
        assert problem.name.value == "proxy-interferes"
        where = f"http://127.0.0.1:{made.port}"
        assert problem.summary == f"Something stands between this machine and {HOST}: the proxy {where} {words}."
        assert problem.facts["status"] == int(status[:3])

    def test_that_refuses_its_log_in_is_told_from_one_that_wants_one(self, log_in: str) -> None:
        with answering("407 Proxy Authentication Required", b"") as made:
            assert "does not accept the user name and password" in self.problem(made.port, log_in).summary

    @pytest.mark.parametrize(
        ("words", "does"),
        [(b"SSH-2.0-OpenSSH\r\n", "does not answer as a proxy does"), (b"", "does not answer as a proxy does")],
    )
    def test_that_is_none_is_named(self, words: bytes, does: str) -> None:
        with network_ends.greeting(words) as made:
            assert does in self.problem(made.port).summary

    def test_that_is_not_there_is_named_without_its_log_in(self, log_in: str) -> None:
        problem = self.problem(closed_port(), log_in)
        assert problem.name.value == "proxy-interferes"
        assert "cannot be reached, because it accepts no connections" in problem.summary

    def test_whose_name_is_unknown_is_named(self) -> None:
        no_name = network_ends.failing(socket.gaierror(socket.EAI_NONAME, "x"))
        problem = self.problem(1, resolver=no_name)
        assert problem.name.value == "proxy-interferes"
        assert "because its name cannot be looked up" in problem.summary

    def test_that_swallows_connections_is_named(self) -> None:
        with network_ends.deaf() as (_, place):
            problem = self.problem(place[1], timeout_seconds=SHORT)
        assert problem.name.value == "proxy-interferes"
        assert "because it does not answer" in problem.summary

    def test_that_never_opens_the_tunnel_is_named(self) -> None:
        with network_ends.silent() as made:
            problem = self.problem(made.port, timeout_seconds=SHORT)
        assert problem.name.value == "proxy-interferes"
        assert "does not answer" in problem.summary

    def test_that_inspects_the_tunnel_is_named_with_the_issuer(self) -> None:
        inspector = trustme.CA(organization_name="ACME Web Inspection")
        with (
            answering(context=in_tls(inspector.issue_cert(HOST))) as inside,
            network_ends.proxy_to(inside.port) as made,
        ):
            problem = self.problem(made.port)
        assert problem.name.value == "tls-failed"
        assert "ACME Web Inspection" in problem.summary

    def test_that_answers_inside_the_tunnel_with_its_page_is_named(
        self, authority: trustme.CA, environ: dict[str, str]
    ) -> None:
        context = in_tls(authority.issue_cert(HOST))
        with answering("200 OK", PAGE, context=context) as inside, network_ends.proxy_to(inside.port) as made:
            problem = problem_of(environ={**environ, "HTTPS_PROXY": f"127.0.0.1:{made.port}"})
        assert problem.name.value == "proxy-interferes"
        assert f"the proxy http://127.0.0.1:{made.port} answers with a web page (status 200)" in problem.summary

    def test_that_stands_before_plain_http_is_asked_with_the_whole_address(self) -> None:
        with answering("502 Bad Gateway", PAGE) as made:
            problem = problem_of("http://127.0.0.1:9", environ={"HTTP_PROXY": f"http://127.0.0.1:{made.port}"})
        assert made.heads[0].startswith(b"GET http://127.0.0.1:9/sellers/")
        assert problem.name.value == "proxy-interferes"
        assert "cannot reach this host itself" in problem.summary

    def test_that_stands_before_plain_http_gets_its_log_in_with_the_request(self, log_in: str) -> None:
        with answering() as made:
            seen = look("http://host.test", environ={"HTTP_PROXY": f"http://{log_in}@127.0.0.1:{made.port}"})
        assert (seen.status, seen.proxy) == (403, f"http://127.0.0.1:{made.port}")
        assert b"\r\nProxy-Authorization: Basic Y2xlcms6aHVzaDpodXNo\r\n" in made.heads[0]

    def test_that_is_spoken_to_in_tls_and_answers_with_its_page_is_named(
        self, authority: trustme.CA, environ: dict[str, str]
    ) -> None:
        with answering("200 OK", PAGE, context=in_tls(authority.issue_cert("127.0.0.1"))) as made:
            proxy = {"HTTP_PROXY": f"https://clerk:hush@127.0.0.1:{made.port}"}
            problem = problem_of("http://host.test", environ={**environ, **proxy})
        assert (problem.name.value, problem.facts["kind"]) == ("proxy-interferes", "proxy")
        assert f"the proxy https://127.0.0.1:{made.port} answers with a web page (status 200)" in problem.summary

    def test_that_is_spoken_to_in_tls_is_left_to_httpx(self) -> None:
        problem = problem_of(environ={"HTTPS_PROXY": f"https://clerk:hush@127.0.0.1:{closed_port()}"})
        assert problem.name.value == "proxy-interferes"
        assert "gives no connection" in problem.summary
        assert "hush" not in f"{problem.facts} {texts_of(problem)}"

    def test_that_is_spoken_to_in_tls_is_trusted_as_a_host_is(
        self, amazon: network_ends.Server, authority: trustme.CA, environ: dict[str, str]
    ) -> None:
        """Both certificates are of a company's own authority, which SSL_CERT_FILE names."""
        context = in_tls(authority.issue_cert("127.0.0.1"))
        with network_ends.proxy_to(amazon.port, context) as made:
            seen = look(environ={**environ, "HTTPS_PROXY": f"https://127.0.0.1:{made.port}"})
        assert (seen.status, seen.proxy) == (403, f"https://127.0.0.1:{made.port}")

    @pytest.mark.parametrize(
        "address",
        [
            "socks5://clerk:hush@127.0.0.1:1080",
            "gopher://clerk:hush@127.0.0.1",
            "http://clerk:hush@proxy:port",
            "https://clerk:hush@999.1.1.1:1",
        ],
    )
    def test_setting_that_cannot_be_used_is_named_without_its_password(self, address: str) -> None:
        problem = problem_of(environ={"HTTPS_PROXY": address})
        assert problem.name.value == "environment-invalid"
        assert "HTTPS_PROXY" in problem.summary
        assert "hush" not in f"{problem.facts} {texts_of(problem)}"
