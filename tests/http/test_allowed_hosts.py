"""A secret or personal data goes only where nobody on the way can read it."""

from amzlink.http.allowed_hosts import is_protected
from tests.support.rows import each_row


@each_row(
    ("url", "protected"),
    [
        ("https://sellingpartnerapi-eu.amazon.com", True), ("http://127.0.0.1:8080/x", True), ("http://[::1]:80", True),
        ("http://LOCALHOST", True), ("http://sellingpartnerapi-eu.amazon.com", False), ("http://localhost.test", False),
        ("http://127.0.0.1@evil.test", False), ("ftp://127.0.0.1", False), ("https://", False), ("https://[::1", False),
        ("", False),
    ],
)  # fmt: skip
def test_an_address_is_protected_by_tls_or_on_this_machine(url: str, protected: bool) -> None:
    assert is_protected(url) is protected
