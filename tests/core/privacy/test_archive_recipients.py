"""What was given as a recipient, told by its looks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.core.privacy.archive_recipients import AgeKey, clean, kind_of
from tests.support.rows import each_row

PUBLIC = "age1mj5pzr0h2586mnaw7ur9w3nyn253rzl3fh47g34hhq2rc60s4gpqpw3kgr"
PRIVATE = "AGE-SECRET-KEY-1" + "Q" * 58


@each_row(
    ("text", "kind"),
    [
        (PUBLIC, AgeKey.PUBLIC),
        (PUBLIC.upper(), AgeKey.PUBLIC),
        (PUBLIC[:-1], AgeKey.DAMAGED),
        (PUBLIC + "q", AgeKey.DAMAGED),
        (PUBLIC.replace("5", "b"), AgeKey.DAMAGED),
        (PUBLIC.capitalize(), AgeKey.UNKNOWN),
        ("age1", AgeKey.DAMAGED),
        (PRIVATE, AgeKey.PRIVATE),
        (PRIVATE.lower(), AgeKey.PRIVATE),
        (f"# created: 2026-11-23\n# public key: {PUBLIC}\n{PRIVATE}\n", AgeKey.PRIVATE),
        ("AGE-SECRET-KEY-PQ-1QQQQ", AgeKey.PRIVATE),
        ("AGE-PLUGIN-YUBIKEY-1QQQQ", AgeKey.PRIVATE),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl", AgeKey.PRIVATE),
        ("age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t", AgeKey.OTHER_AGE),
        ("age1pq1qqqqqq", AgeKey.OTHER_AGE),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me@here", AgeKey.SSH),
        ("ecdsa-sha2-nistp256 AAAA", AgeKey.SSH),
        ("", AgeKey.EMPTY),
        ("my accountant", AgeKey.UNKNOWN),
        ("me@example.com", AgeKey.UNKNOWN),
    ],
)
def test_a_text_is_known_by_its_form(text: str, kind: AgeKey) -> None:
    assert kind_of(text) is kind


@pytest.mark.parametrize("wrapped", [f" {PUBLIC}\n", f'"{PUBLIC}"', f"'{PUBLIC}' ", f"“{PUBLIC}”"])
def test_white_space_and_quotes_are_no_part_of_it(wrapped: str) -> None:
    assert clean(wrapped) == PUBLIC


@given(st.text(), st.text())
@settings(deadline=None)
def test_a_private_key_is_known_wherever_it_stands(before: str, after: str) -> None:
    assert kind_of(before + PRIVATE + after) is AgeKey.PRIVATE
