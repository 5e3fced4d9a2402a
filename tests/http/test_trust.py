"""Whose certificates are trusted: those that the environment names, else the operating system's."""

import ssl
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme
import truststore

from amzlink.http.trust import trusted_certificates, trusts_nobody
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


@pytest.mark.parametrize(
    ("variable", "name"), [("SSL_CERT_FILE", "missing.pem"), ("SSL_CERT_FILE", ""), ("SSL_CERT_DIR", "missing")]
)
def test_what_is_not_there_is_told_as_a_fault_of_its_variable(tmp_path: Path, variable: str, name: str) -> None:
    """OpenSSL takes a folder that is not there without a word, and trusts nobody then."""
    with pytest.raises(Problem) as caught:
        trusted_certificates({variable: str(tmp_path / name)})
    problem = caught.value
    assert (problem.name.value, problem.facts["variable"], problem.exit_code) == ("environment-invalid", variable, 78)
    assert "by hand" not in problem.cause
    assert "Correct the line" not in problem.next_step


def test_a_machine_without_any_certificate_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    system = trusted_certificates({})
    assert not trusts_nobody(system)
    monkeypatch.setattr("ssl.get_default_verify_paths", lambda: Nowhere(None, str(tmp_path)))
    monkeypatch.setattr("amzlink.http.trust._BUNDLES", (str(tmp_path / "missing.pem"),))
    assert trusts_nobody(system)
    (tmp_path / "authority.pem").touch()
    assert not trusts_nobody(trusted_certificates({"SSL_CERT_DIR": str(tmp_path)}))


class Nowhere(NamedTuple):
    cafile: str | None
    capath: str | None


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        trusted_certificates({"SSL_CERT_FILE": str(tmp_path / "missing.pem")})
    assert (caught.value.name.value, caught.value.facts["variable"]) == ("environment-invalid", "SSL_CERT_FILE")
