"""Participations, and the one call that proves a Seller ID."""

from typing import Any

import httpx
import pytest

from amzlink.amazon.listings import prove_seller_id
from amzlink.amazon.sellers import Participation, get_marketplace_participations
from amzlink.problems import Problem
from tests.amazon.bench import bench, ok, refused


def entry(marketplace_id: str, **participation: object) -> dict[str, Any]:
    return {
        "marketplace": {"id": marketplace_id, "countryCode": "DE", "name": "Amazon.de"},
        "participation": {"isParticipating": True, "hasSuspendedListings": False, **participation},
        "storeName": "Kontor",
    }


def read(document: object) -> tuple[Participation, ...]:
    with bench(ok(document)) as made:
        return get_marketplace_participations(made.link)


class TestParticipations:
    def test_each_marketplace_says_whether_it_is_open_and_whether_its_listings_are_suspended(self) -> None:
        document = {
            "payload": [
                entry("A1PA6795UKMFR9"),
                entry("A13V1IB3VIYZZH", isParticipating=False),
                entry("A1805IZSGTT6HS", hasSuspendedListings=True),
            ]
        }
        assert read(document) == (
            Participation("A1PA6795UKMFR9", participating=True, listings_suspended=False),
            Participation("A13V1IB3VIYZZH", participating=False, listings_suspended=False),
            Participation("A1805IZSGTT6HS", participating=True, listings_suspended=True),
        )

    def test_shops_outside_amazon_that_are_listed_as_marketplaces_are_left_out(self) -> None:
        assert read({"payload": [entry("A38D8NSA03LJTC"), entry("AFQLKURYRPEL8")]}) == ()

    def test_an_account_without_any_is_read(self) -> None:
        assert read({"payload": []}) == ()

    @pytest.mark.parametrize(
        "document",
        [
            [],
            None,
            {"payload": None},
            {"payload": [{"marketplace": {"id": "A1PA6795UKMFR9"}}]},
            {"payload": [{"marketplace": {}, "participation": {"isParticipating": True}}]},
            {"payload": [{"marketplace": {"id": "A1PA6795UKMFR9"}, "participation": {}}]},
            {"payload": [entry("A1PA6795UKMFR9", isParticipating=None)]},
            {"payload": [entry("A1PA6795UKMFR9", isParticipating="yes")]},
        ],
    )
    def test_a_list_that_does_not_say_it_is_malformed_and_not_a_closed_shop(self, document: object) -> None:
        with bench(httpx.Response(200, json=document)) as made, pytest.raises(Problem, match="response-malformed"):
            get_marketplace_participations(made.link)

    @pytest.mark.parametrize("body", [b"", b'{"payload": [', b'{"payload": [{"marketplace": {"id": "\xff"}}]}'])
    def test_an_answer_that_is_no_json_is_malformed(self, body: bytes) -> None:
        with bench(httpx.Response(200, content=body)) as made, pytest.raises(Problem, match="response-malformed"):
            get_marketplace_participations(made.link)


class TestSellerId:
    def test_one_listing_is_asked_for(self) -> None:
        with bench(ok({"numberOfResults": 0, "items": []})) as made:
            prove_seller_id(made.link, "A1B2C3D4E5F6G7", "A1PA6795UKMFR9")
            (request,) = made.amazon.requests
        assert request.url.path == "/listings/2021-08-01/items/A1B2C3D4E5F6G7"
        assert dict(request.url.params) == {"marketplaceIds": "A1PA6795UKMFR9", "pageSize": "1"}

    @pytest.mark.parametrize("pasted", ["../../sellers/v1", "A1?b=c", "A1#2", "A1 B2", "A1/B2", "é"])
    def test_whatever_was_pasted_as_one_stays_one_segment_of_the_path(self, pasted: str) -> None:
        invalid = refused(400, "InvalidInput", "Invalid 'sellerId' and 'marketplaceId' combination provided.")
        with bench(invalid) as made, pytest.raises(Problem, match="seller-id-wrong"):
            prove_seller_id(made.link, pasted, "A1PA6795UKMFR9")
        (request,) = made.amazon.requests
        path, _, query = request.url.raw_path.decode().partition("?")
        assert path.startswith("/listings/2021-08-01/items/")
        assert path.count("/") == 4
        assert query == "marketplaceIds=A1PA6795UKMFR9&pageSize=1"
