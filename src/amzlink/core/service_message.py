"""What may be kept of a service's message: its own words, and nothing that it quotes.

A refusal may quote what was sent, in quotation marks or bare: a street, a name, a tracking number. So only words from a
list of the usual ones of such messages stay, and a gap stands for everything else.
"""

import re
from collections.abc import Collection
from typing import Final

GAP: Final = "…"

_LONGEST: Final = 2000  # characters that are looked at
_FEWEST_WORDS: Final = 2  # less says nothing
_QUOTED: Final = re.compile(
    r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)|`[^`]*`|“[^”]*”|„[^“”]*[“”]|‘[^’]*’|«[^»]*»|»[^«]*«|<[^>]*>|\{[^}]*\}|\[[^\]]*\]"
)
_TOKEN: Final = re.compile(r"([^\w]*)(.*?)([^\w]*)", re.DOTALL)
_MARKS: Final = frozenset(".,;:!?")
_IN_ONE: Final = re.compile(r"[_/-]")
# A number of up to four digits is a limit after these words, and may be part of an address anywhere else.
_BEFORE_A_LIMIT: Final = frozenset({"most", "least", "than", "exceed", "exceeds", "maximum", "minimum"})
# No word in it is used as the name of a person or a town, but for `may`, which hardly a message does without.
_USUAL_WORDS: Final = """
a able about above accept accepted accepts account action add additional address after again all allowed already
also amount an and another any are as at attribute available be because been before being belong belongs below
between billing blank body both but by can cancelled cannot carrier change changed channel character characters
check choice choices city closed code codes combination company conflict conflicts contact contain contains correct
correctly could count country created currency current customer customs data date day days decimal default delivery
describe description destination details different digit digits do does doesn't don't double due duplicate duration
each either element elements email empty ended ensure entered entry equal error exactly exceed exceeded exceeds
exist existing exists expected expired extra failed field fields fill filled first for forbidden form format
formatted found from fulfilled fulfillment fulfilment given greater had has have hold hours house hs id ids if in
include included incomplete incorrect information input insufficient integer integration internal into invalid is
isn't it item items its kilogram known label language last later least length less letter letters limit line lines
list long longer looks lower mandatory match matches matching maximum may measure message method minimum missing
more most must name named names nation need needed needs no non none not nothing null number numbers numeric object
of off on once one only open option options or order orders origin other out over package packages parameter parcel
parcels parse parsed passed past payment permission permitted phone piece pieces place please point positive
possible post postal prefix present price prior processed product products property provide provided provider
purchase quantity range reached read received recipient recognised recognized reference region rejected remove
removed request requested require required requires resource response same schema second seconds see select selected
seller send sender sent service set ship shipment shipments shipped shipping short should size sku some specified
start starts state status still street string submitted such supplied support supported supports telephone text than
that the their them there they this time timestamp to too total tracking type unable unexpected unique unit units
unknown unsupported until update updated used user valid validate validation value values vat warehouse was weight
were when where whether which while whitespace whole wide with within without wrong you your zero zip zone
"""
_USUAL: Final = frozenset(_USUAL_WORDS.split())


def without_quotes(message: str, sent: Collection[str] = ()) -> str:
    """The message in the service's usual words, a gap for each stretch of others; empty where too little is left.

    Args:
        message: as the service wrote it, of any length.
        sent: words of what was sent, in lower case; they are left out even where they are usual ones.
    """
    kept: list[str] = []
    before = ""
    for token in _QUOTED.sub(f" {GAP} ", message[:_LONGEST]).split():
        shown, before = _shown(token, before, sent), token.casefold()
        if shown != GAP or kept[-1:] != [GAP]:
            kept.append(shown)
    words = sum(each != GAP for each in kept)
    return " ".join(kept) if words >= _FEWEST_WORDS else ""


def words_of(texts: Collection[str]) -> frozenset[str]:
    """The words in these texts, as `without_quotes` compares them."""
    return frozenset(word for text in texts for word in re.findall(r"\w+", text.casefold()))


def _shown(token: str, before: str, sent: Collection[str]) -> str:
    found = _TOKEN.fullmatch(token)
    head, word, tail = found.groups() if found else ("", "", "")
    plain = word.casefold().replace("’", "'")
    parts = _IN_ONE.split(plain)
    is_limit = word.isascii() and word.isdecimal() and len(word) <= 4 and before in _BEFORE_A_LIMIT  # noqa: PLR2004
    if not is_limit and not all(part in _USUAL and part not in sent for part in parts):
        return GAP
    opening = "(" if head == "(" else ""
    closing = "".join(sign for sign in tail if sign in _MARKS or (sign == ")" and opening))
    return f"{opening}{word}{closing}"
