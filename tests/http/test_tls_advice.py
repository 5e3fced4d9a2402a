"""Each reason for which a certificate is not trusted has the advice that helps against it, and no other."""

import ssl

import pytest

from amzlink.http.tls_advice import advice_on

HOST = "sellingpartnerapi-eu.amazon.com"


def advice(code: int) -> str:
    error = ssl.SSLCertVerificationError("certificate verify failed")
    error.verify_code = code
    return advice_on(error, HOST)


@pytest.mark.parametrize(
    ("code", "helps"),
    [
        (9, "date"), (10, "date"), (18, "SSL_CERT_FILE to a file"), (19, "SSL_CERT_FILE to a file"),
        (20, "SSL_CERT_FILE to a file"), (21, "SSL_CERT_FILE to a file"), (23, "withdrawn"), (62, "Sign in"),
        (64, "Sign in"), (66, "too weak"), (68, "too weak"), (79, "Python 3.13"), (85, "Python 3.13"),
        (89, "Python 3.13"), (92, "Python 3.13"), (1, "Use another network"), (26, "Use another network"),
    ],
)  # fmt: skip
def test_each_code_has_its_own_advice(code: int, helps: str) -> None:
    assert helps in advice(code)
    assert ("date" in advice(code)) == (helps == "date")
    assert ("SSL_CERT_FILE to a file" in advice(code)) == helps.startswith("SSL_CERT_FILE")


def test_a_ca_certificate_whose_constraints_are_not_critical_is_given_ways_that_work() -> None:
    """https://github.com/python/cpython/issues/133564: SSL_CERT_FILE names it already, so that is no advice."""
    told = advice(89)
    assert "those of the operating system and remove SSL_CERT_FILE" in told
    assert "RFC 5280" in told


def test_without_a_certificate_there_is_no_talk_of_one() -> None:
    told = advice_on(ssl.SSLError(1, "WRONG_VERSION_NUMBER"), HOST)
    assert "certificate" not in told
    assert HOST in told


def test_every_sentence_is_short() -> None:
    for code in range(100):
        sentences = advice(code).replace(": ", ". ").split(". ")
        assert all(len(sentence.split()) <= 20 for sentence in sentences), sentences
