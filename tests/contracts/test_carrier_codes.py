"""The client's carrier codes against the sandbox's, which were written down apart: a slip in one shows here."""

from amzlink.amazon.carriers import AMAZON_CODES, CARRIERS
from amzlink.core.shipments import own_carriers
from amzlink.sandbox.carriers import CARRIER_CODES, OTHER


def test_the_sandbox_knows_every_code_that_the_client_spells() -> None:
    assert set(AMAZON_CODES) <= CARRIER_CODES
    assert {carrier.code for carrier in CARRIERS.values()} <= CARRIER_CODES


def test_the_word_for_all_other_carriers_is_the_same_everywhere() -> None:
    assert own_carriers.OTHER == OTHER
