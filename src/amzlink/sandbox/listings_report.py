"""The report of all listings: the one list without an end, and the one that has no weight and damages what it tells."""

from typing import Final

from amzlink.sandbox.listing_bodies import price_in, stock_of, title_in
from amzlink.sandbox.products import Product
from amzlink.sandbox.world import World

TYPE: Final = "GET_MERCHANT_LISTINGS_ALL_DATA"
_COLUMNS: Final = (
    "item-name", "item-description", "listing-id", "seller-sku", "price", "quantity", "open-date", "image-url",
    "item-is-marketplace", "product-id-type", "zshop-shipping-fee", "item-note", "item-condition", "zshop-category1",
    "zshop-browse-path", "zshop-storefront-feature", "asin1", "asin2", "asin3", "will-ship-internationally",
    "expedited-shipping", "zshop-boldface", "product-id", "bid-for-featured-placement", "add-delete",
    "pending-quantity", "fulfillment-channel", "merchant-shipping-group", "status",
)  # fmt: skip


def write_listings(world: World, marketplace_ids: tuple[str, ...]) -> str | None:
    """The report's text, a line for each listing; None if there is none.

    Tabs part the columns and nothing is quoted.
    """
    products = world.catalogue.by_sku.values()
    if not products:
        return None
    lines = ["\t".join(_COLUMNS), *(_write_line(product, marketplace_ids[0]) for product in products), ""]
    return "\r\n".join(lines)


def _write_line(product: Product, marketplace_id: str) -> str:
    title = title_in(product, marketplace_id)
    told = {
        "item-name": title,
        "item-description": f'{title}. Verpackung 9" × 9", geprüft.',
        "listing-id": f"{product.created:%m%d}{product.asin[2:]}",
        "seller-sku": product.sku,
        "open-date": f"{product.created:%d/%m/%Y %H:%M:%S} MET",
        "item-is-marketplace": "y",
        "product-id-type": "1",
        "item-condition": "11",
        "asin1": product.asin,
        "product-id": product.asin,
        "pending-quantity": "0",
        "fulfillment-channel": "DEFAULT",
        "merchant-shipping-group": "Standardvorlage",
        "status": "Active" if "BUYABLE" in product.statuses else "Inactive",
    }
    if not product.is_parent:
        told |= {"price": price_in(product, marketplace_id)["amount"], "quantity": str(stock_of(product))}
    return "\t".join(told.get(column, "") for column in _COLUMNS)
