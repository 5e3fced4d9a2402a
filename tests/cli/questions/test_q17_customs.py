"""Question 17: "A label to Switzerland or Great Britain fails for customs data."

A shop in Germany sells to Switzerland, Great Britain and Austria; its orders go to Sendcloud.
"""

import csv
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.questions import Desk
from tests.support.world import Shell, shell

PLACES = ("to-switzerland", "to-great-britain", "to-austria")


class Exporter:
    """The shop, its orders by place, and what is at Sendcloud."""

    def __init__(self, at: Shell) -> None:
        self.at = at
        self.orders: dict[str, str] = {}
        for place in PLACES:
            [self.orders[place]] = at.control("/orders", {"add": 1, "kinds": [place], "country": "DE"})["added"]
        at.control("/clock", {"advance": 300})

    def import_orders(self) -> str:
        ran = self.at.run("import-orders", "-v")
        assert ran.code == 0, ran.err
        return ran.out

    def skus(self, *places: str) -> set[str]:
        world = self.at.sandbox.world
        items = [item for place in places for item in world.orders[self.orders[place]].body["orderItems"]]
        return {item["product"]["sellerSku"] for item in items}

    def at_sendcloud(self, place: str) -> dict[str, Any] | None:
        """The order as Sendcloud has it."""
        panel = self.at.sandbox.world.sendcloud
        panel.orders.settle(self.at.sandbox.world.now())
        found = [panel.orders[key] for key in panel.orders.ids]
        return next((order.body for order in found if order.order_id == self.orders[place]), None)

    def declared(self, place: str) -> set[tuple[str | None, str | None]]:
        order = self.at_sendcloud(place)
        assert order
        return {(item.get("hs_code"), item.get("country_of_origin")) for item in order["order_details"]["order_items"]}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Exporter]:
    settings = {"import_weights": True, "default_weight_grams": 400, "destination": "sendcloud"}
    with shell(tmp_path, settings, orders=0) as at:
        yield Exporter(at)


def command_in(text: str) -> list[str]:
    """The words of the command that a text tells to run, without the program's name."""
    line = next(found for found in re.findall(r"`(amzlink check-weights[^`]*)`", text) if "--customs" in found)
    return shlex.split(line)[1:]


def test_the_import_says_what_is_missing_and_the_command_that_it_shows_sets_it(shop: Exporter) -> None:
    told = shop.import_orders()
    assert "Without customs data: 2 orders to ship beyond the customs union (customs-missing)" in told
    words = command_in(told)
    assert {word.rpartition("=")[0] for word in words if "=" in word} == shop.skus("to-switzerland", "to-great-britain")
    assert shop.at.run(*words).code == 64, "HS and CC have to be filled in"

    ran = shop.at.run(*[word.replace("=HS,CC", "=6911.10,pt") for word in words])
    assert ran.code == 0, ran.err
    assert "here." in ran.out
    assert "customs-missing" not in ran.err
    assert "customs" not in shop.import_orders()
    for place in ("to-switzerland", "to-great-britain"):
        assert shop.declared(place) == {("691110", "PT")}
        order = shop.at_sendcloud(place)
        assert order
        assert order["customs_details"]["shipment_type"] == "commercial_goods"


def test_check_weights_shows_the_products_why_and_what_to_do(shop: Exporter) -> None:
    shop.import_orders()
    ran = shop.at.run("check-weights")
    table = ran.out.split("Customs data, for orders that leave the customs union:")[1]
    assert {sku for sku in shop.skus(*PLACES) if f"{sku} " in table} == shop.skus("to-switzerland", "to-great-britain")
    assert "missing" in table
    assert "Customs data is missing for 2 orders to ship beyond the customs union." in ran.err
    assert "a label needs the HS code and the country of origin of each product" in ran.err
    assert "--customs" in ran.err
    explained = shop.at.run("explain", "customs-missing")
    assert explained.code == 0
    assert "HS code" in explained.out


def test_a_table_filled_in_does_the_same(shop: Exporter, tmp_path: Path) -> None:
    shop.import_orders()
    file = tmp_path / "products.csv"
    shop.at.run("check-weights", "--output", str(file))
    rows = list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"))))
    assert {row["sku"] for row in rows if row["customs"] == "missing"} == shop.skus(
        "to-switzerland", "to-great-britain"
    )
    for row in rows:
        if row["customs"] == "missing":
            row["hs_code"], row["country_of_origin"] = "0901.21", "CO"
    filled = io.StringIO()
    writer = csv.DictWriter(filled, list(rows[0]), delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    file.write_bytes(filled.getvalue().encode("utf-8-sig"))

    document = shop.at.run("check-weights", "--from", str(file), "--json").document
    assert (document["set"], document["orders_without_customs"], document["refused"]) == (0, 0, [])
    assert document["customs_set"] == document["customs_summary"]["ok"] == len(shop.skus(*PLACES[:2]))
    shop.import_orders()
    assert shop.declared("to-switzerland") == {("090121", "CO")}

    shop.at.run("check-weights", "--output", str(file))
    again = shop.at.run("check-weights", "--from", str(file), "--json").document
    assert (again["customs_set"], again["set"]) == (0, 0)
    spoilt = file.read_text("utf-8-sig").replace("'090121", "90121")
    file.write_text(spoilt.replace("HS 090121, origin CO", ""), "utf-8")
    refused = shop.at.run("check-weights", "--from", str(file))
    assert refused.code == 1
    assert "a spreadsheet drops a zero" in refused.err
    assert shop.declared("to-switzerland") == {("090121", "CO")}


def test_with_the_setting_no_such_order_gets_to_sendcloud_before_it_has_its_data(shop: Exporter) -> None:
    assert shop.at.run("stores", "set", "hold_missing_customs=true").code == 0
    words = command_in(shop.import_orders())
    assert shop.at_sendcloud("to-switzerland") is None
    assert shop.at_sendcloud("to-austria")
    listed = shop.at.run("orders", "list", "--json").document["orders"]
    assert {order["order_id"]: order["holds"] for order in listed} == {
        shop.orders["to-switzerland"]: ["missing-customs"],
        shop.orders["to-great-britain"]: ["missing-customs"],
        shop.orders["to-austria"]: [],
    }
    shop.at.run(*[word.replace("=HS,CC", "=691110,PT") for word in words])
    assert "Sendcloud: 2 orders sent." in shop.import_orders()
    assert shop.declared("to-great-britain") == {("691110", "PT")}


def test_at_a_terminal_the_answer_is_on_one_screen(desk: Desk) -> None:
    desk.add(kinds=["to-switzerland"])
    screen = desk.ask("import-orders")
    screen.shows("Without customs data: 1 order to ship beyond the customs union (customs-missing)")
    [sku] = [each["sku"] for each in desk.json("check-weights")["skus"] if each["customs"] == "missing"]
    screen.shows(f"--customs {shlex.quote(f'{sku}=HS,CC')}")
    screen = desk.ask("check-weights")
    screen.shows(
        "Customs data, for orders that leave the customs union:", "missing", "(amzlink explain customs-missing)"
    )
    assert any(sku in line for line in screen.lines)
    desk.ask("check-weights", "--customs", f"{sku}=691110,PT").shows("Customs data of 1 product set here.").lacks(
        "customs-missing"
    )
    desk.ask("import-orders").shows("Sendcloud: 1 order sent.").lacks("customs")
