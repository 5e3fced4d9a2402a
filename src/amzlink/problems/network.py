"""The way to the services: names, connections, certificates, proxies, the clock."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from amzlink.problems.entry import CALLING, Entry, Exit
from amzlink.problems.names import ProblemName
from amzlink.problems.words import local_day

AREA: Final = "Network"

# Details of settings that cannot be used.
NO_SUCH_CERTIFICATES: Final = "there is no such file or folder"
NO_CERTIFICATE_IN_IT: Final = "there is no certificate in this file"
UNUSABLE_PROXY: Final = "it has to be the address of a proxy, such as http://proxy.example:3128"
NO_SOCKS: Final = (
    "amzlink cannot use a SOCKS proxy without the package `socksio`; `pipx inject amzlink socksio` installs it"
)
UNUSABLE_ADDRESS: Final = "it has to be an address with a host, such as https://proxy.example:8443"

# Details of failed calls.
BROKEN_OFF: Final = "the connection broke off before the answer was complete"
TOO_SLOW: Final = "its answer came too slowly to be complete by then"
DAMAGED_COMPRESSION: Final = "the answer's compression is damaged"
PROXY_LETS_NOTHING_THROUGH: Final = "the proxy did not let the call through"

# Details of names and connections.
NO_HOST_NAME: Final = "no host can have this name"
DNS_SILENT: Final = "the network's DNS does not answer"
NAME_UNKNOWN: Final = "the DNS does not know this name, or there is no connection"
NO_ADDRESS: Final = "the name has no address"
LOOK_UP_LATE: Final = "the look-up of its name took all the time"
FORBIDDEN_BY_FIREWALL: Final = "a firewall on this machine or in the network blocks it"
NO_ROUTE: Final = "this network has no route to it"
REQUEST_UNANSWERED: Final = "it accepts the connection, but does not answer the request"
ENDS_UNANSWERED: Final = "the connection ends without an answer"
BREAKS_UNANSWERED: Final = "the connection breaks before the answer"
NOTHING_READABLE: Final = "the connection brings no answer that can be read"
NO_HTTP: Final = "what answers there is not an HTTP server"
TLS_UNANSWERED: Final = "it accepts the connection, but does not answer the TLS greeting"
TLS_CUT_OFF: Final = "the connection is cut off during the TLS greeting, which firewalls do that filter by host name"

# What a proxy does, after its address.
PROXY_SILENT: Final = "does not answer"
NO_PROXY: Final = "does not answer as a proxy does"
PROXY_LOG_IN_WRONG: Final = "does not accept the user name and password in its address"
PROXY_WANTS_LOG_IN: Final = "asks for a user name and password"
PROXY_FORBIDS: Final = "does not allow connections to this host"
PROXY_CANNOT_REACH: Final = "cannot reach this host itself"
PROXY_ANSWERS: Final = "answers in place of the host"
_PROXY_REASONS: Final = {
    ProblemName.DNS_FAILED: "because its name cannot be looked up",
    ProblemName.CONNECT_REFUSED: "because it accepts no connections",
    ProblemName.TIMEOUT: "because it does not answer",
}

# Parts of sentences about certificates.
ISSUER_UNKNOWN: Final = "unknown"
WITHOUT_NAME: Final = "without a name"


def larger_than(most_bytes: int) -> str:
    """An answer beyond the limit on its size."""
    return f"it is larger than {most_bytes} bytes"


def look_up_failed(code: int | None) -> str:
    """A look-up that ended with an error that has no sentence of its own."""
    return f"the look-up failed with error {code}"


def port_closed(port: int) -> str:
    """A port where nobody listens."""
    return f"port {port} there is closed"


def port_silent(port: int) -> str:
    """A port that answers nothing at all."""
    return f"port {port} accepts no connection; a firewall may be dropping it"


def proxy_unreachable(proxy: str, reason: ProblemName) -> str:
    """A proxy that no connection can be made to."""
    return f"the proxy {proxy} cannot be reached, {_PROXY_REASONS[reason]}"


def of_proxy(proxy: str, does: str) -> str:
    """What a proxy does."""
    return f"the proxy {proxy} {does}"


def proxy_answers_with(proxy: str, answer: str) -> str:
    """A proxy that answers in the service's place."""
    return f"the proxy {proxy} answers with {answer}"


def proxy_gives_no_connection(proxy: str, kind: str) -> str:
    """A proxy through which nothing is reached; `kind` is the class of the network's error."""
    return f"the proxy {proxy} gives no connection to it ({kind})"


def with_status(does: str, status: int, *, is_page: bool) -> str:
    """What a proxy does, with what it answered."""
    page = " with a web page of its own" if is_page else ""
    return f"{does} (status {status}{page})"


def redirect(host: str | None, status: int) -> str:
    """An answer that leads elsewhere."""
    return f"a redirect to {host or 'a page of its own'} (status {status})"


def sign_in_demand(status: int) -> str:
    """The answer of a guest network."""
    return f"a demand to sign in to the network (status {status})"


def log_in_demand(status: int) -> str:
    """The answer of a proxy that nobody has set."""
    return f"a demand for a proxy's user name and password (status {status})"


def web_page(status: int) -> str:
    """A page where data was expected."""
    return f"a web page (status {status})"


def filters_page(status: int) -> str:
    """A page that refuses."""
    return f"a web page of a firewall or filter (status {status})"


def tls_refused(reason: str) -> str:
    """A TLS greeting that is answered with an alert."""
    return f"it refuses the TLS greeting ({reason})"


def no_tls(port: int) -> str:
    """A port that answers a TLS greeting with something else."""
    return f"no TLS is spoken at port {port}"


def plain_http(port: int, status: int) -> str:
    """A port that speaks HTTP without TLS."""
    return f"plain HTTP (status {status}) is spoken at port {port}, where TLS belongs"


def self_signed(issuer: str) -> str:
    """A certificate that vouches for itself."""
    return f"its certificate is self-signed, by {issuer if issuer != ISSUER_UNKNOWN else 'an unknown issuer'}"


def issuer_unknown(issuer: str) -> str:
    """A certificate whose issuer is not trusted."""
    named = f", {issuer}," if issuer != ISSUER_UNKNOWN else ""
    return f"its certificate's issuer{named} is not known to this machine"


def other_host(names: Sequence[str], issuer: str) -> str:
    """A certificate for another name."""
    return f"its certificate is for {', '.join(names) or 'another host'} (issuer: {issuer})"


def distrusted(reason: str, issuer: str) -> str:
    """A certificate that is not trusted for another reason."""
    return f"its certificate is not trusted ({reason}; issuer: {issuer})"


def out_of_date(now: datetime) -> str:
    """A certificate of which no more is known than that its time is wrong."""
    return f"its certificate has expired or is not valid yet, by this machine's date {local_day(now)}"


def expired(ends: datetime, issuer: str, now: datetime, told: datetime | None) -> str:
    """A certificate past its end. `told` is the date that the host gives."""
    return f"its certificate expired on {local_day(ends)} (issuer: {issuer}); {_dates(now, told)}"


def not_valid_yet(begins: datetime, issuer: str, now: datetime, told: datetime | None) -> str:
    """A certificate before its beginning."""
    return f"its certificate is valid from {local_day(begins)} only (issuer: {issuer}); {_dates(now, told)}"


def issuer_out_of_date(issuer: str, now: datetime, told: datetime | None) -> str:
    """A certificate whose issuer's own is past its end, or before its beginning."""
    return f"the certificate of its issuer, {issuer}, is out of date; {_dates(now, told)}"


def set_the_date(host: str) -> str:
    """Advice for a certificate whose time is wrong: nearly always it is the machine's."""
    return (
        "Set this machine's date and time (on Linux: `timedatectl set-ntp true`). If they are right, a proxy or virus "
        f"scanner shows an old certificate for {host}: tell whoever runs it."
    )


def trust_the_issuer(host: str) -> str:
    """Advice for a certificate whose issuer nobody knows: an inspecting proxy is the usual cause."""
    return (
        "A proxy or virus scanner that inspects connections made this certificate. Set SSL_CERT_FILE to a file with "
        f"its issuer's certificate, or have {host} excluded from inspection. If you know of none, use another network."
    )


def leave_this_network(host: str) -> str:
    """Advice for a certificate of another host: a guest network, or a wrong address."""
    return f"Something else answers for {host}. Sign in to this network in a browser, or use another network."


def revoked(host: str) -> str:
    """Advice for a certificate that its issuer has taken back."""
    return f"Its issuer has withdrawn this certificate. Use another network. If it stays, ask the operator of {host}."


def ask_for_a_stronger_one(host: str) -> str:
    """Advice for a key or signature that is too weak today: no public authority issues such a one."""
    return (
        "A proxy or virus scanner made this certificate, with a key or signature that is too weak. Ask whoever runs it "
        f"for a stronger one, or to exclude {host} from inspection."
    )


def ask_for_a_better_form(host: str) -> str:
    """Advice for a certificate that breaks a rule of RFC 5280, which Python checks from 3.13 on."""
    return (
        "A certificate of a proxy or virus scanner breaks a rule. Python 3.13 and later insist on that rule for "
        "SSL_CERT_FILE. There are three ways. (1) Add the certificate to those of the operating system and remove "
        f"SSL_CERT_FILE. (2) Ask whoever runs the proxy for one that follows RFC 5280, or to exclude {host} from "
        "inspection. (3) Run amzlink with Python 3.12."
    )


def ask_the_network(host: str) -> str:
    """Advice where no more is known than what the TLS library says."""
    return (
        f"Use another network, to see whether it is this one. If a proxy or virus scanner inspects connections, show this "
        f"message to whoever runs it, or have {host} excluded."
    )


def without_tls(host: str) -> str:
    """Advice for a greeting that no certificate follows."""
    return (
        f"Sign in to this network, or use another one. A firewall or proxy must allow secure connections to {host}, "
        "port 443."
    )


def _dates(now: datetime, told: datetime | None) -> str:
    dates = f"this machine's date is {local_day(now)}"
    if told and told.date() != now.date():
        dates += f", and the host says {local_day(told)}"
    return dates


ENTRIES: Final = {
    ProblemName.DNS_FAILED: Entry(
        title="A host name cannot be found",
        what="The name {host} cannot be looked up.",
        what_exactly="The name {host} cannot be looked up: {detail}.",
        why="There is no internet connection, or the network's DNS does not answer.",
        next_step="Check the internet connection and try again. A firewall must allow connections to {host}.",
        exit_code=Exit.TRY_AGAIN,
        checks=CALLING,
    ),
    ProblemName.CONNECT_REFUSED: Entry(
        title="No connection",
        what="No connection to {host} could be made.",
        what_exactly="No working connection to {host}: {detail}.",
        why="The network, a firewall or a proxy setting prevents it, or the service is down.",
        next_step="Check the internet connection and the HTTPS_PROXY setting, and try again. A firewall must allow connections to {host}. If the service is down, the next run continues.",
        exit_code=Exit.TRY_AGAIN,
        checks=CALLING,
    ),
    ProblemName.TLS_FAILED: Entry(
        title="The secure connection failed",
        what="The certificate of {host} cannot be trusted.",
        what_exactly="The secure connection to {host} failed: {detail}.",
        why="A proxy, a virus scanner or a guest network answers instead of the service. Or this machine's date is wrong, or its certificates are old.",
        next_step="If the certificate has expired or is not valid yet, set this machine's date. If its issuer is unknown, a proxy or virus scanner made it: set SSL_CERT_FILE to a file with that issuer's certificate, or exclude {host} from inspection. If it belongs to another host, or there is no TLS, sign in to the network or use another one. If it breaks a rule for certificates, ask whoever made it for a correct one.",
        next_step_exactly="{advice}",
        exit_code=Exit.TRY_AGAIN,
        checks=CALLING,
    ),
    ProblemName.PROXY_INTERFERES: Entry(
        title="Something else answers instead of the service",
        what="{host} answered with a web page (status {status}) instead of data.",
        what_exactly="Something stands between this machine and {host}: {detail}.",
        why="A proxy, a firewall or the sign-in page of a guest network is in between.",
        next_step="Sign in to the network, or have the proxy or firewall allow {host}. If HTTPS_PROXY is wrong, correct it: a proxy with a log-in is http://USER:PASSWORD@HOST:PORT. Then try again.",
        exit_code=Exit.TRY_AGAIN,
        checks=CALLING,
    ),
    ProblemName.TIMEOUT: Entry(
        title="No answer in time",
        what="{host} did not answer within {seconds:second}.",
        what_exactly="{host} did not answer within {seconds:second}: {detail}.",
        why="The network or the service is slow, or a firewall drops the connection.",
        next_step="Try again later. Nothing that was fetched is lost. If it happens every time, a firewall or proxy may drop connections to {host}: have it allow them.",
        exit_code=Exit.TRY_AGAIN,
        checks=CALLING,
    ),
    ProblemName.IPV6_BLACK_HOLE: Entry(
        title="IPv6 does not work",
        what="{host} answers over IPv4, but connections over IPv6 get no answer.",
        why="This machine has an IPv6 address, but a router or firewall drops its traffic. Every connection waits for IPv6 first.",
        next_step="Repair IPv6 on the router, or switch it off. On Linux, the line `precedence ::ffff:0:0/96 100` in /etc/gai.conf makes this machine prefer IPv4.",
        exit_code=Exit.TRY_AGAIN,
        severity="warning",
        checks=("network",),
    ),
    ProblemName.CLOCK_SKEWED: Entry(
        title="This machine's clock is wrong",
        what="This machine's clock is {detail} Amazon's.",
        why="The clock is not set from the network. amzlink uses Amazon's time, so no order is missed.",
        next_step="Set the clock (on Linux: `timedatectl set-ntp true`).",
        exit_code=Exit.TRY_AGAIN,
        severity="warning",
        checks=("clock",),
    ),
}


def clock_off_by(offset: timedelta) -> str:
    """How far this machine's clock is from Amazon's; `offset` is Amazon's time less the machine's."""
    hours, minutes = divmod(int(abs(offset.total_seconds())) // 60, 60)
    amount = f"{hours} h {minutes} min" if hours else f"{minutes} min"
    if abs(offset) >= timedelta(days=2):
        amount = f"{abs(offset).days} days"
    return f"{amount} behind" if offset > timedelta(0) else f"{amount} ahead of"
