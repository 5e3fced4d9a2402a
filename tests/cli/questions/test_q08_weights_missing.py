"""Question 8: weights are missing."""

from urllib.parse import quote

from tests.support.questions import Desk


def test_the_import_says_so_check_weights_shows_the_product_and_a_weight_set_there_lets_the_order_go(
    desk: Desk,
) -> None:
    desk.set("import_weights=true")
    desk.set("hold_missing_weight=true")
    for listing in desk.at.control("/listings")["listings"]:
        for attribute in ("item_package_weight", "website_shipping_weight"):
            sku = quote(listing["sku"], safe="")
            desk.at.control(f"/listings/{sku}", {"weight": None, "attribute": attribute})
    (order_id,) = desk.add()
    desk.ask("import-orders").shows("Without a weight: 1 order to ship; `amzlink check-weights` shows the products")
    desk.ask("orders", "show", order_id).shows("missing-weight", "check-weights")
    (sku,) = {line["sku"] for line in desk.json("orders", "show", order_id)["order_lines"]}
    desk.ask("check-weights").shows(sku, "missing")
    desk.ask("import-orders")
    assert order_id not in desk.sendcloud_orders()
    desk.ask("check-weights", "--set", f"{sku}=0.45kg").shows("1 weight set here")
    desk.ask("import-orders")
    assert order_id in desk.sendcloud_orders()
    desk.ask("orders", "show", order_id).lacks("missing-weight")
