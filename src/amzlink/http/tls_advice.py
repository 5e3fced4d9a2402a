"""Why a certificate was not trusted, by OpenSSL's codes, and what helps in each case."""

import ssl
from typing import Final

from amzlink.problems import network

# OpenSSL's codes: X509_V_ERR_... in <openssl/x509_vfy.h>.
NOT_YET_VALID: Final = 9
EXPIRED: Final = 10
SELF_SIGNED: Final = 18
UNKNOWN_ISSUER: Final = frozenset({2, 19, 20, 21})
OTHER_HOST: Final = frozenset({62, 64})
_REVOKED: Final = 23
_TOO_WEAK: Final = frozenset({66, 67, 68})
# What breaks a rule on a certificate's form. Since 3.13 Python insists on these rules, but only for SSL_CERT_FILE.
_OF_ITS_FORM: Final = frozenset({24, 32, 34, 37, 41, *range(79, 95)})


_ADVICE: Final = {
    **dict.fromkeys((NOT_YET_VALID, EXPIRED), network.set_the_date),
    **dict.fromkeys((SELF_SIGNED, *UNKNOWN_ISSUER), network.trust_the_issuer),
    **dict.fromkeys(OTHER_HOST, network.leave_this_network),
    **dict.fromkeys(_TOO_WEAK, network.ask_for_a_stronger_one),
    **dict.fromkeys(_OF_ITS_FORM, network.ask_for_a_better_form),
    _REVOKED: network.revoked,
}


def advice_on(error: ssl.SSLError, host: str) -> str:
    """The next step after a secure connection failed. A code without an advice of its own gets one that fits all."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _ADVICE.get(error.verify_code, network.ask_the_network)(host)
    return network.without_tls(host)
