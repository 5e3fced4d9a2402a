"""What a parcel must have, by Amazon's names of it (`shippingConstraints`), in words and as a tag.

Amazon adds names without notice: one that nobody has seen yet is spelled out of itself.
"""

import re
from typing import Final

_WORDS: Final = {
    "signatureConfirmation": "signature on delivery",
    "recipientAgeVerification": "age check on delivery",
    "recipientIdentityVerification": "identity check on delivery",
    "cashOnDelivery": "cash on delivery",
    "palletDelivery": "delivery on a pallet",
}


def in_words(demand: str) -> str:
    """For a person: `signature on delivery`."""
    return _WORDS.get(demand) or _parts(demand).lower()


def as_tag(demand: str) -> str:
    """For rules in Sendcloud, in the form of Amazon's programs: `SIGNATURE_CONFIRMATION`."""
    return _parts(demand).replace(" ", "_").upper()


def _parts(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
