"""The way to the services: names, connections, certificates, proxies, the clock."""

from typing import Final

from amzlink.problems.entry import CALLING, Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Network"

# Details of settings that cannot be used.
UNREADABLE_CERTIFICATES: Final = "the certificates that it names cannot be read"
UNUSABLE_PROXY: Final = "it has to be the address of a proxy, such as http://proxy.example:3128"

# Details of failed calls.
DAMAGED_COMPRESSION: Final = "the answer's compression is damaged"
PROXY_LETS_NOTHING_THROUGH: Final = "the proxy did not let the call through"


def larger_than(most_bytes: int) -> str:
    """An answer beyond the limit on its size."""
    return f"it is larger than {most_bytes} bytes"


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
        what_exactly="No connection to {host} could be made: {detail}.",
        why="The network, a firewall or a proxy setting prevents it, or the service is down.",
        next_step="Check the internet connection and the HTTPS_PROXY setting, and try again.",
        exit_code=Exit.TRY_AGAIN,
        checks=CALLING,
    ),
    ProblemName.TLS_FAILED: Entry(
        title="The secure connection failed",
        what="The certificate of {host} cannot be trusted.",
        what_exactly="The secure connection to {host} failed: {detail}.",
        why="A proxy, a virus scanner or a guest network answers instead of the service. Or this machine's date is wrong, or its certificates are old.",
        next_step="If the certificate has expired or is not valid yet, set this machine's date. If its issuer is unknown, a proxy or virus scanner made it: set SSL_CERT_FILE to a file with that issuer's certificate, or exclude {host} from inspection. If it belongs to another host, or there is no TLS, sign in to the network or use another one.",
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
        what="{host} did not answer within {seconds} seconds.",
        what_exactly="{host} did not answer within {seconds} seconds: {detail}.",
        why="The network or the service is slow, or a firewall drops the connection.",
        next_step="Try again later. Nothing that was fetched is lost.",
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
