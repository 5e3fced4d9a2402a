"""Which certificates are trusted, for real calls and for checks of the connection alike."""

import ssl
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from amzlink.files.reading import refuse_other_kinds
from amzlink.problems import Problem, ProblemName
from amzlink.problems.network import NO_CERTIFICATE_IN_IT, NO_SUCH_CERTIFICATES

# Where Linux distributions keep the certificates of all authorities; truststore looks in the same places.
_BUNDLES: Final = (
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
)


def trusted_certificates(environ: Mapping[str, str]) -> ssl.SSLContext:
    """SSL_CERT_FILE, else SSL_CERT_DIR, else what the operating system trusts: a company's own authority as well.

    Raises:
        Problem: `environment-invalid`.
    """
    file, folder = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
    if file:
        context = _of_the_file(file)
    elif folder:
        if not Path(folder).is_dir():  # OpenSSL would find no certificate there, and say nothing
            raise _unusable("SSL_CERT_DIR", NO_SUCH_CERTIFICATES)
        context = ssl.create_default_context(capath=folder)
    else:
        context = _of_the_system()
    context.set_alpn_protocols(["http/1.1"])
    return context


def trusts_nobody(context: ssl.SSLContext) -> bool:
    """Whether this is the operating system's trust, and it has no certificate at all, as in a bare container."""
    import truststore  # noqa: PLC0415 - as below

    if not isinstance(context, truststore.SSLContext) or sys.platform in ("win32", "darwin"):
        return False
    usual = ssl.get_default_verify_paths()
    in_folder = usual.capath and any(Path(usual.capath).iterdir())
    return not (usual.cafile or in_folder or any(Path(file).is_file() for file in _BUNDLES))


def _of_the_file(file: str) -> ssl.SSLContext:
    try:
        refuse_other_kinds(Path(file))
        return ssl.create_default_context(cafile=file)
    except ssl.SSLError:
        raise _unusable("SSL_CERT_FILE", NO_CERTIFICATE_IN_IT) from None
    except FileNotFoundError:
        raise _unusable("SSL_CERT_FILE", NO_SUCH_CERTIFICATES) from None
    except OSError as error:
        raise _unusable("SSL_CERT_FILE", error.strerror or type(error).__name__) from None


def _of_the_system() -> ssl.SSLContext:
    import truststore  # noqa: PLC0415 - only a real call needs it

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _unusable(variable: str, detail: str) -> Problem:
    return Problem(ProblemName.ENVIRONMENT_INVALID, variable=variable, detail=detail)
