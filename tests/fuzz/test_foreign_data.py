"""Whatever stands in foreign data: a decoder gives a result or a named problem, and never anything else.

A sample, drawn by a seed, is a part of every run of the tests; `make test-faults` takes 50,000 documents a decoder.
"""

import random
import traceback
from collections.abc import Mapping
from typing import Final

import pytest

from amzlink.problems import Problem
from tests.fuzz.decoders import Decoder, decoders
from tests.fuzz.mutations import mutated

SAMPLE: Final = 150
WHOLE: Final = 50_000
CHUNKS: Final = 20
NAMES: Final = (
    "searchOrders",
    "getOrder",
    "getMarketplaceParticipations",
    "getAccount",
    "searchListingsItems",
    "searchCatalogItems",
    "getFeeds",
    "createFeedDocument",
    "createReport",
    "getReports",
    "createRestrictedDataToken",
    "getReport",
    "getFeed",
    "sendcloud/whoami",
    "sendcloud/integrations",
    "sendcloud/orders",
    "sendcloud/shipments",
    "errors of Amazon",
    "errors of the log-in",
    "errors of Sendcloud",
    "feed report",
    "feed report, packed",
    "shipping report",
    "listings report",
    "config.toml",
    "secrets.toml",
    "quota.json",
    "vault key",
    "crontab",
    "parcels.csv",
    "parcels.json",
    "weights.csv",
    "addresses",
    "addresses of Japan",
)


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Decoder]:
    return decoders(tmp_path_factory.mktemp("decoders"))


def surprises(decoder: Decoder, seeds: range) -> list[str]:
    """What a decoder raised that it should not, each with the seed that makes the document again."""
    found = []
    for seed in seeds:
        document = mutated(decoder.whole, random.Random(seed))
        try:
            decoder.decode(document)
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            if isinstance(error, (Problem, *decoder.may_raise)):
                continue
            found.append(f"seed {seed}: {traceback.format_exception(error)[-1]}{document[:200]!r}")
    return found


def test_every_decoder_is_here_and_reads_its_own_document(known: Mapping[str, Decoder]) -> None:
    assert tuple(known) == NAMES
    for decoder in known.values():
        decoder.decode(decoder.whole)


@pytest.mark.parametrize("name", NAMES)
def test_damaged_documents_are_read_or_refused_by_name(known: Mapping[str, Decoder], name: str) -> None:
    assert surprises(known[name], range(SAMPLE)) == []


@pytest.mark.faults
@pytest.mark.parametrize("part", range(CHUNKS))
@pytest.mark.parametrize("name", NAMES)
def test_fifty_thousand_damaged_documents_are_read_or_refused_by_name(
    known: Mapping[str, Decoder], name: str, part: int
) -> None:
    size = WHOLE // CHUNKS
    assert surprises(known[name], range(part * size, (part + 1) * size)) == []
