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
        next_step="Check the connection and try again. A firewall must let {host} through.",
        exit_code=Exit.TRY_AGAIN,
        checks=CALLING,
    ),
    ProblemName.CONNECT_REFUSED: Entry(
        title="No connection",
        what="No connection to {host} could be made.",
        what_exactly="No connection to {host} could be made: {detail}.",
        why="The network, a firewall or a proxy setting stands between, or the service is down.",
        next_step="Check the connection and the HTTPS_PROXY setting, and try again.",
        exit_code=Exit.TRY_AGAIN,
        checks=CALLING,
    ),
    ProblemName.TLS_FAILED: Entry(
        title="The secure connection failed",
        what="The certificate of {host} could not be trusted.",
        what_exactly="The secure connection to {host} failed: {detail}.",
        why="An inspecting proxy, a virus scanner or a guest network answers in its place, the machine's date is wrong, or its certificates are old.",
        next_step="Where the certificate has run out or is not valid yet, set the machine's date. Where its issuer is not known, an inspecting proxy or a virus scanner has made it: set SSL_CERT_FILE to a file with that issuer's certificate, or have {host} left out of the inspection. Where it is another host's or there is no TLS at all, sign in to the network or use another one.",
        exit_code=Exit.TRY_AGAIN,
        checks=CALLING,
    ),
    ProblemName.PROXY_INTERFERES: Entry(
        title="Something else answers in the service's place",
        what="{host} answered with a web page (status {status}) where data was expected.",
        what_exactly="Something stands between this machine and {host}: {detail}.",
        why="A proxy, a firewall or the sign-in page of a guest network stands between.",
        next_step="Correct HTTPS_PROXY (a proxy that asks for a log-in takes it as http://USER:PASSWORD@HOST:PORT), have the proxy or firewall let {host} through, or sign in to the network; then try again.",
        exit_code=Exit.TRY_AGAIN,
        checks=CALLING,
    ),
    ProblemName.TIMEOUT: Entry(
        title="No answer in time",
        what="{host} did not answer within {seconds} seconds.",
        what_exactly="{host} did not answer within {seconds} seconds: {detail}.",
        why="The network or the service is slow, or a firewall swallows the connection.",
        next_step="Try again later; nothing that was fetched so far is lost.",
        exit_code=Exit.TRY_AGAIN,
        checks=CALLING,
    ),
    ProblemName.IPV6_BLACK_HOLE: Entry(
        title="IPv6 leads nowhere",
        what="{host} answers over IPv4, but connections over IPv6 vanish without an answer.",
        why="This machine has an IPv6 address, but a router or firewall drops what is sent over it; every connection first waits for IPv6 in vain.",
        next_step="Have the router's IPv6 repaired or switched off. On Linux the line `precedence ::ffff:0:0/96 100` in /etc/gai.conf makes this machine prefer IPv4.",
        exit_code=Exit.TRY_AGAIN,
        severity="warning",
        checks=("network",),
    ),
    ProblemName.CLOCK_SKEWED: Entry(
        title="This machine's clock is wrong",
        what="This machine's clock is {detail} Amazon's.",
        why="The clock is not set by the network. amzlink reckons in Amazon's time, so that orders are not missed.",
        next_step="Set the clock (on Linux: `timedatectl set-ntp true`).",
        exit_code=Exit.TRY_AGAIN,
        severity="warning",
        checks=("clock",),
    ),
}
