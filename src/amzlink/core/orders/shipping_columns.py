"""The columns of Amazon's list of orders to ship, which the report and Seller Central's file have in common.

Source: docs/services/amazon.md, "Report types and their columns" and "Files from Seller Central".
"""

from collections.abc import Mapping

from amzlink.core.orders.order import Recipient


def recipient_in(cells: Mapping[str, str]) -> Recipient:
    """Where an order goes, by the names of the columns; what is missing or blank is None."""

    def told(column: str) -> str | None:
        return cells.get(column, "").strip() or None

    return Recipient(
        name=told("recipient-name"),
        address_line_1=told("ship-address-1"),
        address_line_2=told("ship-address-2"),
        address_line_3=told("ship-address-3"),
        city=told("ship-city"),
        state_or_region=told("ship-state"),
        postal_code=told("ship-postal-code"),
        country_code=told("ship-country"),
        phone=told("ship-phone-number") or told("buyer-phone-number"),
    )
