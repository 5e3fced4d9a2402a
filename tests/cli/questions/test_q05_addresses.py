"""Orders come without addresses: what a person reads, and what they can do until Amazon grants the role."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.address_files import cells_of, file_of
from tests.support.destination import ready
from tests.support.world import Shell, shell


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Shell]:
    with shell(tmp_path, {"destination": "sendcloud"}, faults=["role-missing-pii"]) as found:
        yield found


def test_orders_without_addresses_are_named_with_both_ways_out(at: Shell) -> None:
    said = at.run("import-orders", "-v")
    assert said.code == 1
    assert "role-missing-pii" in at.run("status").out
    for told in (said.err, at.run("explain", "role-missing-pii").out):
        assert "Direct-to-Consumer Shipping" in told
        assert re.search(r"amzlink import-orders( --store \S+)? --addresses FILE", told)
    page = at.run("explain", "addresses")
    assert page.code == 0
    for word in ("Order Reports", "Unshipped Orders", "damaged-text", "Delete".lower()):
        assert word in page.out


def test_the_file_of_seller_central_brings_them_to_sendcloud(at: Shell, tmp_path: Path) -> None:
    at.run("import-orders")
    wanted = sorted(ready(at.sandbox))
    file = tmp_path / "unshipped.txt"
    rows = [row for order_id in wanted for row in cells_of(at.sandbox.world, order_id)]
    file.write_bytes(file_of(rows, "utf-8"))
    tried = at.run("import-orders", "--addresses", str(file), "--dry-run")
    assert f"Addresses from the file: {len(wanted)} would be taken." in tried.out
    ran = at.run("import-orders", "--addresses", str(file))
    assert f"Addresses from the file: {len(wanted)} taken." in ran.out
    assert f"Sendcloud: {len(wanted)} orders sent." in ran.out
    assert f"Delete {file} now: it contains names and addresses of buyers." in ran.err
    shown = at.run("orders", "show", wanted[0], "--json").document
    assert (shown["holds"], shown["sent"]) == ([], "yes")
    for row in rows:
        for column in ("recipient-name", "ship-address-1", "buyer-phone-number"):
            assert len(row[column]) < 5 or row[column] not in ran.out + ran.err


def test_the_document_counts_them_and_names_each_row_that_was_not_used(at: Shell, tmp_path: Path) -> None:
    at.run("import-orders")
    wanted = sorted(ready(at.sandbox))[:3]
    rows = [cells_of(at.sandbox.world, order_id)[0] for order_id in wanted]
    file = tmp_path / "unshipped.txt"
    file.write_bytes(file_of([*rows, {**rows[0], "order-id": "302-0000000-0000000"}], "utf-8"))
    ran = at.run("import-orders", "--addresses", str(file), "--json")
    assert ran.code == 1
    told = ran.document["stores"][0]["addresses"]
    assert {key: told[key] for key in ("taken", "already", "unknown")} == {"taken": 3, "already": 0, "unknown": 1}
    [refused] = told["refused"]
    assert list(refused) == ["row", "order_id", "problem", "message"]
    assert (refused["row"], refused["problem"]) == (5, "order-not-found")


def test_a_damaged_file_ends_with_65_and_names_the_rows(at: Shell, tmp_path: Path) -> None:
    at.run("import-orders")
    good, bad = (cells_of(at.sandbox.world, order_id)[0] for order_id in sorted(ready(at.sandbox))[:2])
    file = tmp_path / "unshipped.txt"
    file.write_bytes(file_of([{**bad, "order-id": "3.02E+16"}, good], "utf-8"))
    ran = at.run("import-orders", "--addresses", str(file))
    assert ran.code == 65
    assert "Line 2 of the file with addresses cannot be used: it has no order number." in ran.out
    assert "1 taken, 1 refused" in ran.out
    file.write_text("order-id\tsku\n1\t2\n")
    ran = at.run("import-orders", "--addresses", str(file))
    assert ran.code == 65
    assert "recipient-name" in ran.err
    assert at.run("import-orders", "--addresses", str(tmp_path / "none.txt")).code == 65
    assert at.run("import-orders", "--addresses", "").code == 64
    assert at.run("import-orders", "--addresses", str(file), "--all-stores").code == 64
