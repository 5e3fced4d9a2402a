"""Which certificates are trusted, for real calls as for a look at what stands in their way."""

import ssl
from collections.abc import Mapping

from amzlink.problems import Problem, ProblemName
from amzlink.problems.network import UNREADABLE_CERTIFICATES


def trusted_certificates(environ: Mapping[str, str]) -> ssl.SSLContext:
    """SSL_CERT_FILE, else SSL_CERT_DIR, else what the operating system trusts: a company's own authority as well.

    Raises:
        Problem: `config-invalid`.
    """
    file, folder = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
    try:
        if file:
            context = ssl.create_default_context(cafile=file)
        elif folder:
            context = ssl.create_default_context(capath=folder)
        else:
            context = _of_the_system()
    except OSError:
        raise Problem(
            ProblemName.CONFIG_INVALID, file="SSL_CERT_FILE" if file else "SSL_CERT_DIR", detail=UNREADABLE_CERTIFICATES
        ) from None
    context.set_alpn_protocols(["http/1.1"])
    return context


def _of_the_system() -> ssl.SSLContext:
    import truststore  # noqa: PLC0415 - only a real call needs it

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
