"""TLS with the host, and what is wrong with a certificate that is not trusted."""

import contextlib
import socket
import ssl
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple, cast

from amzlink.clock import parse_http_date
from amzlink.http.connection import Ask, Way
from amzlink.http.sockets import PER_FAMILY, clean
from amzlink.http.tls_advice import EXPIRED, NOT_YET_VALID, OTHER_HOST, SELF_SIGNED, UNKNOWN_ISSUER, advice_on
from amzlink.http.trust import trusts_nobody
from amzlink.problems import Problem, ProblemName, machine, network

_GREETING_SHARE: Final = 0.7  # of the time limit; the rest is for finding out what it is that keeps silent
_ALERTS: Final = ("SSLV3_", "TLSV1_", "TLSV13_")  # how OpenSSL's reasons begin that name what the other side refuses


@contextlib.contextmanager
def secured(way: Way, connection: socket.socket) -> Iterator[tuple[socket.socket, str | None, str | None]]:
    """The connection in TLS, its version, and who has signed the certificate; as it is for plain HTTP."""
    if not way.secure:
        yield connection, None, None
        return
    try:
        connection.settimeout(way.deadline.share(_GREETING_SHARE))
        spoken = way.context.wrap_socket(connection, server_hostname=way.host)
    except TimeoutError as error:
        if told := _plain_http(way):
            raise way.problem(ProblemName.TLS_FAILED, told, advice=network.without_tls(way.host)) from error
        raise way.late(network.TLS_UNANSWERED) from error
    except ssl.SSLCertVerificationError as error:
        raise _distrusted(way, error) from error
    except ssl.SSLError as error:
        raise way.problem(
            ProblemName.TLS_FAILED, _no_tls(way, error), kind=error.reason, advice=advice_on(error, way.host)
        ) from error
    except OSError as error:
        raise way.problem(ProblemName.TLS_FAILED, network.TLS_CUT_OFF, advice=network.without_tls(way.host)) from error
    with spoken:
        yield spoken, spoken.version(), _issuer_told(spoken)


class _Certificate(NamedTuple):
    """What a certificate says of itself; nobody has vouched for it."""

    issuer: str
    names: Sequence[str]
    begins: datetime
    ends: datetime
    date_told: datetime | None
    """The Date header of the one who shows it: not proven either, but two wrong clocks seldom agree."""


def _distrusted(way: Way, error: ssl.SSLCertVerificationError) -> Problem:
    """The problem of a certificate that was not trusted, which is looked at once more without trust."""
    seen = _look_without_trust(way, wants_date=error.verify_code in (EXPIRED, NOT_YET_VALID))
    facts = {"issuer": seen.issuer} if seen else {}
    if error.verify_code in UNKNOWN_ISSUER and trusts_nobody(way.context):
        return way.problem(ProblemName.MACHINE_INCOMPLETE, machine.NO_CERTIFICATES, verify_code=error.verify_code)
    facts["advice"] = advice_on(error, way.host)
    return way.problem(
        ProblemName.TLS_FAILED, _why_distrusted(error, seen, way), verify_code=error.verify_code, **facts
    )


def _why_distrusted(error: ssl.SSLCertVerificationError, seen: _Certificate | None, way: Way) -> str:
    code, issuer = error.verify_code, seen.issuer if seen else network.ISSUER_UNKNOWN
    if code == SELF_SIGNED:
        return network.self_signed(issuer)
    if code in UNKNOWN_ISSUER:
        return network.issuer_unknown(issuer)
    if code in OTHER_HOST:
        return network.other_host(seen.names if seen else (), issuer)
    if code in (EXPIRED, NOT_YET_VALID):
        return _out_of_date(seen, way.clock.now())
    return network.distrusted(clean(error.verify_message), issuer)


def _out_of_date(seen: _Certificate | None, now: datetime) -> str:
    if seen is None:
        return network.out_of_date(now)
    if now > seen.ends:
        return network.expired(seen.ends, seen.issuer, now, seen.date_told)
    if now < seen.begins:
        return network.not_valid_yet(seen.begins, seen.issuer, now, seen.date_told)
    return network.issuer_out_of_date(seen.issuer, now, seen.date_told)


def _look_without_trust(way: Way, *, wants_date: bool) -> _Certificate | None:
    """The certificate that was shown. Nothing is told to whoever has shown it but a request for the start page."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    told = None
    try:
        with way.open() as connection:
            connection.settimeout(way.deadline.left())
            with context.wrap_socket(connection, server_hostname=way.host) as spoken:
                shown = spoken.getpeercert(binary_form=True)
                if wants_date:
                    with contextlib.suppress(Problem):
                        told = parse_http_date(way.ask(Ask("HEAD", "/"), spoken).headers.get("date"))
    except (Problem, OSError):
        return None
    return _read_certificate(shown, told) if shown else None


def _read_certificate(shown: bytes, told: datetime | None) -> _Certificate | None:
    from cryptography import x509  # noqa: PLC0415 - heavy, and needed for a bad certificate only

    try:
        read = x509.load_der_x509_certificate(shown)
        parts = {attribute.oid: str(attribute.value) for attribute in read.issuer}
        names: list[str] = []
        # The names may be of a kind that is not read; issuer and dates are worth telling all the same.
        with contextlib.suppress(
            x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError
        ):
            extension = read.extensions.get_extension_for_class(x509.SubjectAlternativeName)
            names = [clean(str(name.value)) for name in extension.value][:PER_FAMILY]
        issuer = _named(parts.get(x509.NameOID.ORGANIZATION_NAME), parts.get(x509.NameOID.COMMON_NAME))
        return _Certificate(issuer, names, read.not_valid_before_utc, read.not_valid_after_utc, told)
    except (ValueError, x509.InvalidVersion):
        return None


def _issuer_told(spoken: ssl.SSLSocket) -> str:
    shown = spoken.getpeercert() or {}
    rows = cast("Sequence[Sequence[tuple[str, str]]]", shown.get("issuer", ()))
    parts = {name: value for row in rows for name, value in row}
    return _named(parts.get("organizationName"), parts.get("commonName"))


def _named(organisation: str | None, common_name: str | None) -> str:
    names = [clean(name) for name in (organisation, common_name) if name]
    return " / ".join(dict.fromkeys(names)) or network.WITHOUT_NAME


def _no_tls(way: Way, error: ssl.SSLError) -> str:
    """What answers a TLS greeting without a certificate."""
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return network.TLS_CUT_OFF
    if (reason := error.reason or "").startswith(_ALERTS):
        return network.tls_refused(clean(reason))
    return _plain_http(way) or network.no_tls(way.port)


def _plain_http(way: Way) -> str | None:
    """Whether plain HTTP is spoken where TLS belongs. Such a server may wait for ever for the end of the greeting."""
    try:
        with way.open() as connection:
            status = way.ask(Ask("HEAD", "/"), connection).status
    except (Problem, TimeoutError):
        return None
    return network.plain_http(way.port, status)
