"""Nothing personal lies anywhere under the home but sealed, and after a purge nothing at all, in no copy either."""

import shutil
from pathlib import Path

from tests.support.world import Shell, shell

ORDERS = 1000
FOUR_MONTHS = 120 * 86_400
LONG_ENOUGH = 8  # a shorter value may stand in a product's title by chance
COMMANDS = (
    ("import-orders", "--since", "700d"),
    ("push-status",),
    ("orders", "list"),
    ("orders", "export"),
    ("status",),
    ("verify", "--bundle", "BUNDLE"),
    ("purge-pii", "--dry-run"),
)


def values_of(at: Shell) -> set[bytes]:
    orders = at.sandbox.world.orders.values()
    return {value.encode() for order in orders for value in order.personal_values() if len(value) >= LONG_ENOUGH}


def hits(folder: Path, values: set[bytes]) -> dict[str, int]:
    found = {}
    for file in folder.rglob("*"):
        if file.is_file():
            text = file.read_bytes()
            if count := sum(1 for value in values if value in text):
                found[file.name] = count
    return found


def test_no_file_of_the_home_ever_holds_a_personal_value(tmp_path: Path) -> None:
    with shell(tmp_path, {"destination": "sendcloud"}, orders=ORDERS) as at:
        values = values_of(at)
        assert len(values) > ORDERS
        for words in COMMANDS:
            named = [str(at.home / "bundle.zip") if word == "BUNDLE" else word for word in words]
            done = at.run(*named, "-vv", "--json")
            assert done.code in (0, 1), (words, done.err)
            assert not [value for value in values if value.decode() in done.out + done.err], words
            assert hits(at.home, values) == {}
        copied = tmp_path / "copied"
        shutil.copytree(at.home, copied)
        some = at.run("orders", "list", "--json").document["orders"]
        order_id = next(order["order_id"] for order in some if order["personal_data_until"])
        assert at.run("orders", "show", order_id, "--with-pii", "--json").document["recipient"]
        at.control("/clock", {"advance": FOUR_MONTHS})
        purged = at.run("purge-pii", "-vv", "--json")
        assert purged.document["stores"][0]["kept"] == 0
        assert hits(at.home, values) == {}
        # The copy, opened with the keyring of after.
        shown = at.run("orders", "show", order_id, "--with-pii", "--json", environ={"AMZLINK_HOME": str(copied)})
        assert shown.code == 0, shown.err
        assert shown.document["recipient"] is None


def test_an_order_is_asked_for_where_there_is_nobody_to_ask(tmp_path: Path) -> None:
    with shell(tmp_path, orders=30) as at:
        assert at.run("import-orders").code == 0
        listed = at.run("orders", "list", "--json").document["orders"]
        order_id = next(order["order_id"] for order in listed if order["personal_data_until"])
        refused = at.run("purge-pii", "--order", order_id)
        assert refused.code == 64
        assert "--yes" in refused.err
        done = at.run("purge-pii", "--order", order_id, "--yes", "--json")
        assert (done.code, done.document["stores"][0]["purged"]) == (0, 1)
        assert "on request" in at.run("orders", "show", order_id).err + at.run("orders", "show", order_id).out
