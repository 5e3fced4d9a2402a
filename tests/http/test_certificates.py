"""What the probe reads of a certificate that is not trusted, and of a TLS greeting that is refused."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from amzlink.amazon.probe import SPAPI
from amzlink.clock import SystemClock
from amzlink.http.reachability import probe
from amzlink.problems import Problem
from amzlink.problems.words import local_day
from tests.support import network_ends
from tests.support.rows import each_row

HOST = "sellingpartnerapi-eu.amazon.com"
NAMES = (x509.SubjectAlternativeName([x509.DNSName(HOST)]), False)
OF_A_CA = (x509.BasicConstraints(ca=True, path_length=None), True)
SIGNS = (x509.KeyUsage(False, False, False, False, False, True, True, False, False), True)
SAN = x509.ObjectIdentifier("2.5.29.17")
# An X.400 address, which is a kind of name that no web server has (RFC 5280, 4.2.1.6).
ODD_NAMES = (x509.UnrecognizedExtension(SAN, bytes.fromhex("3004a3023000")), False)
Extension = tuple[x509.ExtensionType, bool]


class Shown(NamedTuple):
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def in_tls(self, folder: Path, change: tuple[bytes, bytes] = (b"", b"")) -> ssl.SSLContext:
        """What a server needs to show it, with bytes of it changed."""
        der = self.certificate.public_bytes(Encoding.DER).replace(*change, 1)
        file = folder / "server.pem"
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(key + ssl.DER_cert_to_PEM_cert(der).encode())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def trusted(self, folder: Path) -> dict[str, str]:
        """The environment in which it is an authority."""
        file = folder / "authority.pem"
        file.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return {"SSL_CERT_FILE": str(file)}


def made(name: str, *extensions: Extension, by: Shown | None = None, days: tuple[int, int] = (-1, 90)) -> Shown:
    """A certificate that holds from and to these days from now; it vouches for itself where it is `by` nobody."""
    key, subject = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]),
    )
    begins, ends = (datetime.now(UTC) + timedelta(days=each) for each in days)
    builder = x509.CertificateBuilder(
        by.certificate.subject if by else subject, subject, key.public_key(), x509.random_serial_number(), begins, ends
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = builder.add_extension(identifier, critical=False).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key((by.key if by else key).public_key()), critical=False
    )
    return Shown(builder.sign(by.key if by else key, hashes.SHA256()), key)


def problem_of(port: int, environ: dict[str, str] | None = None) -> Problem:
    with pytest.raises(Problem) as caught:
        probe(
            f"https://{HOST}:{port}", SPAPI, clock=SystemClock(), environ=environ or {}, timeout_seconds=30.0,
            resolver=network_ends.leading_to(port),
        )  # fmt: skip
    assert caught.value.name.value == "tls-failed"
    return caught.value


def problem_with(context: ssl.SSLContext, environ: dict[str, str] | None = None) -> Problem:
    with network_ends.answering(context=context) as server:
        return problem_of(server.port, environ)


def test_one_that_vouches_for_itself_is_named_so(tmp_path: Path) -> None:
    problem = problem_with(made(HOST, NAMES).in_tls(tmp_path))
    assert problem.facts["detail"] == f"its certificate is self-signed, by {HOST}"
    assert "Set SSL_CERT_FILE" in problem.next_step


def test_one_with_names_of_an_unknown_kind_is_named_with_its_issuer_all_the_same(tmp_path: Path) -> None:
    problem = problem_with(made("router.lan", ODD_NAMES).in_tls(tmp_path))
    assert problem.facts["detail"] == "its certificate is self-signed, by router.lan"


def test_one_that_cannot_be_read_is_named_without_its_issuer(tmp_path: Path) -> None:
    """OpenSSL takes a version that X.509 has long left behind."""
    third, second = bytes.fromhex("a003020102"), bytes.fromhex("a003020101")
    problem = problem_with(made(HOST, NAMES).in_tls(tmp_path, (third, second)))
    assert "issuer" not in problem.facts
    assert "unknown" in str(problem.facts["detail"])


def test_of_one_whose_issuers_own_has_run_out_the_issuer_is_named(tmp_path: Path) -> None:
    issuer = made("Old Authority", OF_A_CA, SIGNS, days=(-100, -5))
    problem = problem_with(made(HOST, NAMES, by=issuer).in_tls(tmp_path), issuer.trusted(tmp_path))
    assert "the certificate of its issuer, Old Authority, is out of date" in str(problem.facts["detail"])
    assert "date and time" in problem.next_step


def test_one_that_is_not_for_servers_is_named_with_openssls_reason(tmp_path: Path) -> None:
    issuer = made("Authority", OF_A_CA, SIGNS)
    usage = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
    problem = problem_with(made(HOST, NAMES, usage, by=issuer).in_tls(tmp_path), issuer.trusted(tmp_path))
    assert problem.facts["detail"] == (
        "its certificate is not trusted (unsuitable certificate purpose; issuer: Authority)"
    )


def test_one_that_is_shown_only_once_is_named_with_what_was_seen_the_first_time(tmp_path: Path) -> None:
    issuer = made("Authority", OF_A_CA, SIGNS)
    context, shown = made(HOST, NAMES, by=issuer, days=(-50, -5)).in_tls(tmp_path), list[bool]()

    def show_once(connection: socket.socket) -> None:
        if not shown:
            shown.append(True)
            context.wrap_socket(connection, server_side=True)
        network_ends.reset(connection)

    with network_ends.server(show_once) as server:
        problem = problem_of(server.port, issuer.trusted(tmp_path))
    assert problem.facts["detail"] == (
        f"its certificate has expired or is not valid yet, by this machine's date {local_day(datetime.now(UTC))}"
    )


def test_without_any_authority_on_the_machine_these_are_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amzlink.http.certificates.trusts_nobody", lambda _: True)
    issuer = made("Authority", OF_A_CA, SIGNS)
    context = made(HOST, NAMES, by=issuer).in_tls(tmp_path)
    with network_ends.answering(context=context) as server, pytest.raises(Problem) as caught:
        probe(
            f"https://{HOST}:{server.port}", SPAPI, clock=SystemClock(), environ={}, timeout_seconds=30.0,
            resolver=network_ends.leading_to(server.port),
        )  # fmt: skip
    assert caught.value.name.value == "machine-incomplete"
    assert "certificates of the authorities" in caught.value.summary


# The numbers are of RFC 8446 (6.2) and RFC 6066 (9): OpenSSL names some of them without the word "alert".
@each_row(
    ("alert", "reason"),
    [(40, "HANDSHAKE_FAILURE"), (70, "PROTOCOL_VERSION"), (110, "UNSUPPORTED_EXTENSION"), (112, "UNRECOGNIZED_NAME")],
)
def test_a_refused_greeting_is_no_port_without_tls(alert: int, reason: str) -> None:
    with network_ends.greeting(bytes([0x15, 3, 3, 0, 2, 2, alert])) as server:
        detail = str(problem_of(server.port).facts["detail"])
    assert detail.startswith("it refuses the TLS greeting (")
    assert reason in detail


def test_a_greeting_that_is_cut_off_hard_is_named_as_one_that_is_ended() -> None:
    def cut(connection: socket.socket) -> None:
        connection.recv(4096)
        network_ends.reset(connection)

    with network_ends.server(cut) as server:
        assert "cut off during the TLS greeting" in str(problem_of(server.port).facts["detail"])
