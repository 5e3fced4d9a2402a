"""Customs data in check-weights, as a program and a merchant meet it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from amzlink.cli.shell.console import Console
from amzlink.cli.views.weights import show
from amzlink.core.weights.customs import CustomsData, CustomsState
from amzlink.core.weights.rows import WeightEntry
from amzlink.core.weights.weights import Weights, assess
from amzlink.jobs.check_weights import Checked, CheckOptions, CheckReport
from amzlink.orderbook.weights.customs import MissingCustoms
from amzlink.orderbook.weights.listings import BookedListing
from tests.cli.shell.test_safe_text import screens
from tests.cli.shell.test_widths import plain
from tests.support.world import Shell, shell

KEYS = ("hs_code", "country_of_origin", "customs", "orders_abroad")
LONG_SKU = "WASSERKOCHER-CREME/14 B-EDELSTAHL-MIT-ANZEIGE"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Shell]:
    with shell(tmp_path, {"import_weights": True}, orders=0) as found:
        for place in ("to-switzerland", "to-austria"):
            found.control("/orders", {"add": 1, "kinds": [place], "country": "DE"})
        found.control("/clock", {"advance": 300})
        assert found.run("import-orders").code == 0
        yield found


def missing(at: Shell) -> list[str]:
    """The products that lack customs data."""
    return [each["sku"] for each in at.run("check-weights", "--json").document["skus"] if each["customs"] == "missing"]


def test_the_document_tells_of_each_product_how_it_stands(at: Shell) -> None:
    [sku] = missing(at)
    document = at.run("check-weights", "--json").document
    found = {each["sku"]: {key: each[key] for key in KEYS} for each in document["skus"]}
    assert found.pop(sku) == {"hs_code": None, "country_of_origin": None, "customs": "missing", "orders_abroad": 1}
    assert {each["customs"] for each in found.values()} == {"not-needed"}
    assert document["customs_summary"] == {"ok": 0, "missing": 1, "invalid": 0, "not-needed": len(found)}
    assert document["orders_without_customs"] == 1


def test_it_is_set_and_taken_back(at: Shell) -> None:
    [sku] = missing(at)
    ran = at.run("check-weights", "--customs", f"{sku}=6911.10,pt", "--json")
    assert (ran.code, ran.document["customs_set"], ran.document["orders_without_customs"]) == (0, 1, 0)
    [entry] = [each for each in ran.document["skus"] if each["sku"] == sku]
    assert (entry["hs_code"], entry["country_of_origin"], entry["customs"]) == ("691110", "PT", "ok")
    assert missing(at) == []
    ran = at.run("check-weights", "--forget", sku)
    assert ran.code == 0
    assert "Customs data of 1 product dropped here." in ran.out
    assert missing(at) == [sku]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("MUG", "it is not of the form SKU=HS,CC"),
        ("MUG=HS,CC", "the HS code is not one of 6, 8 or 10 digits"),
        ("MUG=69111,PT", "a spreadsheet drops a zero"),
        ("MUG=691110,Portugal", "such as PT for Portugal"),
    ],
)
def test_what_is_no_customs_data_is_a_usage_error_with_the_reason(at: Shell, text: str, reason: str) -> None:
    ran = at.run("check-weights", "--customs", text)
    assert ran.code == 64
    assert f"--customs {text}: " in ran.err
    assert reason in ran.err


def test_to_set_and_drop_at_once_is_a_contradiction(at: Shell) -> None:
    ran = at.run("check-weights", "--customs", "MUG=691110,PT", "--forget", "MUG")
    assert ran.code == 64
    assert "the same command cannot set and drop what it says of a product" in ran.err


def test_what_a_file_gives_and_cannot_be_used_is_invalid(at: Shell, tmp_path: Path) -> None:
    [sku] = missing(at)
    file = tmp_path / "customs.csv"
    file.write_text(f'sku;hs_code;country_of_origin\n"{sku}";69111;PT\n', "utf-8")
    ran = at.run("check-weights", "--from", str(file), "--json")
    assert ran.code == 1
    assert [each["problem"] for each in ran.document["refused"]] == ["weight-row-unusable"]
    assert [each["sku"] for each in ran.document["skus"] if each["customs"] == "invalid"] == [sku]


def test_the_document_of_an_import_names_the_products(at: Shell) -> None:
    [store] = at.run("import-orders", "--json").document["stores"]
    assert (store["missing_customs"], store["customs_missing_for"]) == (1, missing(at))


@pytest.mark.parametrize("columns", [60, 80])
def test_the_table_keeps_a_long_sku_whole_and_fits(columns: int) -> None:
    title = "Wasserkocher 1,7 l aus Edelstahl, cremeweiß, mit Anzeige der Temperatur"
    entry = WeightEntry(
        sku=LONG_SKU, title=title, verdict=assess(Weights(local=450), default=None), open_orders=2,
        customs=CustomsData("6109100012"), customs_state=CustomsState.MISSING, orders_abroad=2,
    )  # fmt: skip
    report = CheckReport(
        store="my-shop",
        skus=[Checked(listing=BookedListing(sku=LONG_SKU, title=title), entry=entry)],
        customs=MissingCustoms(2, {LONG_SKU: 2}, {LONG_SKU: CustomsData("6109100012")}),
    )
    with screens(columns) as (out, err):
        show(Console(), report, (), output=None, options=CheckOptions())
    lines = plain(out.getvalue())
    assert max(map(len, lines)) <= columns
    assert any(LONG_SKU in line for line in lines)
    assert any("6109100012" in line for line in lines)
    told = " ".join(" ".join(plain(err.getvalue())).split())
    assert f"amzlink check-weights --customs '{LONG_SKU}'=6109100012,CC --store my-shop" in told
