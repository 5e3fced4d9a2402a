"""Whose certificates are trusted: those that the environment names, else the operating system's."""

import ssl
from pathlib import Path

import pytest
import trustme
import truststore

from amzlink.http.trust import trusted_certificates
from amzlink.problems import Problem


def test_without_a_setting_the_operating_system_decides() -> None:
    assert isinstance(trusted_certificates({}), truststore.SSLContext)


@pytest.mark.parametrize("others", [{}, {"SSL_CERT_DIR": "/nowhere"}])
def test_a_file_that_is_named_counts_alone(others: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "authority.pem"
    trustme.CA().cert_pem.write_to_path(str(file))
    context = trusted_certificates({"SSL_CERT_FILE": str(file), **others})
    assert not isinstance(context, truststore.SSLContext)
    assert len(context.get_ca_certs()) == 1
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_a_folder_that_is_named_counts_where_no_file_is(tmp_path: Path) -> None:
    assert not isinstance(trusted_certificates({"SSL_CERT_DIR": str(tmp_path)}), truststore.SSLContext)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        trusted_certificates({"SSL_CERT_FILE": str(tmp_path / "missing.pem")})
    assert (caught.value.name.value, caught.value.facts["variable"]) == ("environment-invalid", "SSL_CERT_FILE")
