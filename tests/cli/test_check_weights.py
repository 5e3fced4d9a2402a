"""check-weights as a program and a merchant meet it."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from amzlink.cli.main import run
from amzlink.sandbox.weights import WeightKind
from tests.support.world import SLUG, Shell, shell, store_on_sandbox

KEYS = ("sku", "asin", "title", "weight_grams", "source", "finding", "suggestion_grams", "open_orders")


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Shell]:
    with shell(tmp_path, {"import_weights": True}, orders=60) as found:
        assert found.run("import-orders").code == 0
        yield found


def without(at: Shell) -> str:
    """A product that lacks a weight."""
    return next(each.sku for each in at.sandbox.world.catalogue.products if each.kind is WeightKind.NONE)


def test_the_document_has_the_contracts_shape(at: Shell) -> None:
    ran = at.run("check-weights", "--json")
    assert (ran.code, ran.err) == (0, "")
    document = ran.document
    assert (document["schema"], document["store"]) == (1, SLUG)
    assert document["summary"].keys() == {"ok", "missing", "zero", "implausible"}
    assert sum(document["summary"].values()) == len(document["skus"]) > 20
    for entry in document["skus"]:
        assert tuple(entry)[: len(KEYS)] == KEYS
        assert entry["source"] in ("local", "shipping", "package", "default", None)
        assert (entry["weight_grams"] is None) == (entry["source"] is None)
        assert entry["open_orders"] > 0


def test_the_table_goes_to_stdout_and_fits_a_hundred_columns(at: Shell) -> None:
    ran = at.run("check-weights", "--all-listings")
    assert ran.code == 0
    head = next(line for line in ran.out.splitlines() if line.startswith("SKU"))
    table = ran.out.split(head)[1].split("\n\n")[0].splitlines()[1:]
    assert len(table) > 10
    assert max(map(len, [head, *table])) <= 100
    findings = [next(word for word in ("missing", "zero", "implausible") if word in line) for line in table]
    assert findings == sorted(findings, key=["missing", "zero", "implausible"].index)
    assert "Seller Central" in ran.err
    assert "Shipping Weight" in ran.err


def test_the_table_to_fill_in_can_go_to_standard_output_alone(at: Shell, tmp_path: Path) -> None:
    file = tmp_path / "weights.csv"
    at.run("check-weights", "--output", str(file))
    ran = at.run("check-weights", "--output", "-")
    assert ran.code == 0
    assert ran.out.splitlines() == file.read_text("utf-8-sig").splitlines()
    assert "products checked" in ran.err
    assert not Path("-").exists()


def test_set_counts_at_once_for_open_orders(at: Shell) -> None:
    missing = {
        entry["sku"] for entry in at.run("check-weights", "--json").document["skus"] if not entry["weight_grams"]
    }
    words = [word for sku in sorted(missing) for word in ("--set", f"{sku}=0,45kg")]
    ran = at.run("check-weights", *words, "--json")
    assert (ran.code, ran.document["set"], ran.document["orders_without_weight"]) == (0, len(missing), 0)
    orders = at.run("orders", "list", "--json").document["orders"]
    assert all(order["weight_grams"] for order in orders if order["status"] == "UNSHIPPED")


@pytest.mark.parametrize("text", ["X=-1kg", "X=heavy", "X=900kg", "X=1.5", "X", "=1kg", "X=0kg", "X=1 stone"])
def test_a_weight_that_is_none_is_a_usage_error(at: Shell, text: str) -> None:
    ran = at.run("check-weights", "--set", text, "--json")
    assert ran.code == 64
    assert ran.document["error"]["problem"] == "usage"


def test_a_sku_that_is_not_the_sellers_is_named_and_the_code_is_one(at: Shell) -> None:
    sku = without(at)
    ran = at.run("check-weights", "--set", "NOBODYS=1kg", "--set", f"{sku}=1kg", "--json")
    assert ran.code == 1
    assert [(entry["sku"], entry["problem"]) for entry in ran.document["refused"]] == [("NOBODYS", "sku-unknown")]
    assert ran.document["set"] == 1


def test_the_table_to_fill_in_comes_back_from_a_german_excel(at: Shell, tmp_path: Path) -> None:
    file = tmp_path / "weights.csv"
    ran = at.run("check-weights", "--all-listings", "--output", str(file), "--json")
    assert ran.document["file"] == str(file)
    rows = list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"))))
    assert len(rows) == len(ran.document["skus"])
    blank = [row for row in rows if not row["weight"]]
    assert len(blank) > 10
    for row in blank:
        row["weight"], row["unit"] = "0,45", "kg"
    filled = io.StringIO()
    writer = csv.DictWriter(filled, list(rows[0]), delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(blank)
    file.write_bytes(filled.getvalue().encode("utf-8-sig"))
    back = at.run("check-weights", "--all-listings", "--from", str(file), "--json")
    assert back.code == 0, back.err
    assert back.document["set"] == len(blank)
    assert back.document["refused"] == []
    assert {entry["finding"] for entry in back.document["skus"]} == {"ok"}


def test_of_the_whole_table_given_back_only_what_was_filled_in_is_set(at: Shell, tmp_path: Path) -> None:
    file = tmp_path / "weights.csv"
    at.run("check-weights", "--all-listings", "--output", str(file), "--json")
    rows = list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"))))
    for row in [row for row in rows if not row["weight"]][:4]:
        row["weight"], row["unit"] = "0,45", "kg"
    filled = io.StringIO()
    writer = csv.DictWriter(filled, list(rows[0]), delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(reversed(rows))
    file.write_bytes(filled.getvalue().encode("utf-8-sig"))
    back = at.run("check-weights", "--from", str(file), "--json")
    assert (back.code, back.document["set"], back.document["refused"]) == (0, 4, [])


def test_a_file_with_bad_lines_is_used_as_far_as_it_can_be(at: Shell, tmp_path: Path) -> None:
    file, sku = tmp_path / "weights.csv", without(at)
    file.write_text(f"sku;weight;unit\n{sku};0,5;kg\nA;-3;kg\nB;nine;g\nC;900;kg\n", encoding="utf-8")
    ran = at.run("check-weights", "--from", str(file), "--json")
    assert (ran.code, ran.document["set"]) == (1, 1)
    assert [entry["line"] for entry in ran.document["refused"]] == [3, 4, 5]


@pytest.mark.parametrize("content", [b"name,price\nx,1\n", b"\x00\x01\x02", None])
def test_a_file_that_is_none_is_bad_input(at: Shell, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "weights.csv"
    if content is not None:
        file.write_bytes(content)
    ran = at.run("check-weights", "--from", str(file), "--json")
    assert ran.code == 65
    assert ran.document["error"]["problem"] == "input-malformed"


def test_apply_tells_what_amazon_says_and_where_to_go_by_hand(at: Shell) -> None:
    good, bad = (
        without(at),
        next(each.sku for each in at.sandbox.world.catalogue.products if each.kind is WeightKind.NO_ATTRIBUTE),
    )
    dry = at.run("check-weights", "--set", f"{good}=450g", "--dry-run", "--json")
    assert (dry.code, [patch["state"] for patch in dry.document["patches"]]) == (0, ["preview"])
    ran = at.run("check-weights", "--set", f"{good}=450g", "--set", f"{bad}=450g", "--apply")
    assert ran.code == 1
    assert f"{good}, 450 g: sent to Amazon" in ran.out
    assert f"{bad}, 450 g: refused by Amazon" in ran.out
    assert "error 90000900: The attributes are invalid." in ran.out
    assert quote(bad, safe="") in ran.out.split("in Seller Central: ")[1].splitlines()[0]


def test_without_a_product_there_is_a_table_with_a_head_and_nothing_else(tmp_path: Path) -> None:
    with shell(tmp_path, {"import_weights": True}, orders=0) as at:
        file = tmp_path / "weights.csv"
        ran = at.run("check-weights", "--output", str(file))
        assert ran.code == 0
        assert "0 products checked" in ran.out
        ran = at.run("check-weights", "--accept-suggestions", "--apply", "--from", str(file))
        assert (ran.code, ran.out.splitlines()[1:]) == (
            0,
            [
                "There is no suggested weight to accept.",
                f"{file} has no weight and no customs data that is new.",
                "No weight was set here, so there is nothing to write to Amazon's listings.",
            ],
        )
        assert len(file.read_text(encoding="utf-8-sig").splitlines()) == 1


def test_a_weight_set_here_can_be_forgotten(at: Shell) -> None:
    sku = without(at)
    at.run("check-weights", "--set", f"{sku}=1kg")
    dry = at.run("check-weights", "--forget", sku, "--dry-run", "--json").document
    assert dry["forgotten"] == 1
    ran = at.run("check-weights", "--forget", sku)
    assert "1 weight set here dropped: Amazon's weight counts again." in ran.out
    assert at.run("check-weights", "--forget", sku, "--json").document["forgotten"] == 0
    assert f"{sku}: no weight and no customs data were set here" in at.run("check-weights", "--forget", sku).out


@pytest.mark.parametrize("words", [("--set", "A=1kg", "--forget", "A"), ("--forget", " ")])
def test_what_cannot_be_forgotten_is_a_usage_error(at: Shell, words: tuple[str, ...]) -> None:
    assert at.run("check-weights", *words, "--json").code == 64


def test_of_a_table_whose_last_column_was_deleted_only_what_was_filled_in_is_set(at: Shell, tmp_path: Path) -> None:
    file = tmp_path / "weights.csv"
    at.run("check-weights", "--all-listings", "--output", str(file), "--json")
    rows = list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"))))
    for row in [row for row in rows if not row["weight"]][:4]:
        row["weight"], row["unit"] = "0,45", "kg"
    filled = io.StringIO()
    columns = [name for name in rows[0] if name != "exported_grams"]
    writer = csv.DictWriter(filled, columns, delimiter=";", lineterminator="\r\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    file.write_bytes(filled.getvalue().encode("utf-8-sig"))
    back = at.run("check-weights", "--from", str(file), "--json")
    assert (back.code, back.document["set"], back.document["refused"]) == (0, 4, [])


def test_a_table_of_which_nothing_is_known_is_not_begun_on_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deps = store_on_sandbox(tmp_path, orders=0, import_weights=True).deps
    deps.secrets.delete(SLUG, "refresh-token")
    assert run(["check-weights", "--all-listings", "--output", "-"], deps) != 0
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("Error: ")
