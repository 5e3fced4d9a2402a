"""What a text is that was given as a recipient of the archive, by its looks.

The forms are those of age's specification (age-encryption.org/v1) and of `age-keygen`. Whether the check sum of a
public key is right is told by who encrypts with it.
"""

import re
from enum import StrEnum
from typing import Final

from amzlink.problems import privacy


class AgeKey(StrEnum):
    """The kinds, as the phrase that follows “it is”."""

    PUBLIC = privacy.A_PUBLIC_KEY
    PRIVATE = privacy.A_PRIVATE_KEY
    DAMAGED = privacy.A_DAMAGED_KEY
    SSH = privacy.AN_SSH_KEY
    OTHER_AGE = privacy.ANOTHER_AGE_KEY
    EMPTY = privacy.NOTHING
    UNKNOWN = privacy.NO_KEY


# An identity of age, one that points to a plugin's, and the head of any private key in PEM.
_PRIVATE: Final = re.compile("AGE-SECRET-KEY-|AGE-PLUGIN-|PRIVATE KEY-----", re.IGNORECASE)
# The first that fits counts. Before the last 1 stands the kind of key, which for age's own is just `age`.
_FORMS: Final = (
    (re.compile("age1[qpzry9x8gf2tvdw0s3jn54khce6mua7l]{58}"), AgeKey.PUBLIC),
    (re.compile("age1[^1]+1.*", re.DOTALL), AgeKey.OTHER_AGE),
    (re.compile("age1.*", re.DOTALL), AgeKey.DAMAGED),
    (re.compile("(ssh|ecdsa|sk-ssh|sk-ecdsa)-.*", re.DOTALL), AgeKey.SSH),
)


def clean(text: str) -> str:
    """The text without the white space and quotes that come along when it is copied."""
    return text.strip().strip("\"'“”").strip()


def kind_of(text: str) -> AgeKey:
    """What a text, cleaned, looks like. A private key is known even where it stands among other lines."""
    if not text:
        return AgeKey.EMPTY
    if _PRIVATE.search(text):
        return AgeKey.PRIVATE
    small = text.lower() if text.isupper() else text  # Bech32 is all of one case
    return next((kind for form, kind in _FORMS if form.fullmatch(small)), AgeKey.UNKNOWN)
