"""Which parcel holds what of an order: shared out so that no unit is in two packages."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from amzlink.core.shipments.parcels import Parcel, ParcelItem


class Line(msgspec.Struct, frozen=True, gc=False):
    """A line of the order: how many Amazon still waits for, and whether each piece has a transparency code."""

    order_item_id: str
    sku: str | None
    unshipped: int
    needs_codes: bool = False


class Item(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What a package holds of a line; with a code for each unit where Amazon's TRANSPARENCY program wants them."""

    order_item_id: str
    quantity: int
    transparency_codes: tuple[str, ...] = ()


def _has_one_product(lines: Sequence[Line]) -> bool:
    """Whether a number of pieces says enough by itself: one line, or lines that all have the same SKU."""
    return len(lines) == 1 or (len({line.sku for line in lines}) == 1 and lines[0].sku is not None)


class Packing:
    """Hands out the units that are `left`, by order item; what is taken is gone."""

    def __init__(self, lines: Sequence[Line], left: Mapping[str, int]) -> None:
        self._lines = lines
        self._left = dict(left)

    def share_out(self, parcels: Sequence[Parcel]) -> dict[str, tuple[Item, ...]]:
        """What each of these parcels holds, by key; an earlier one is served first.

        Those that say what they hold come before the others, which hold what is then left. One that names nothing of
        this order says nothing.
        """
        telling = [parcel for parcel in parcels if self.claims(parcel)]
        shares = {parcel.key: self._take(parcel.items) for parcel in telling}
        for parcel in parcels:
            if parcel.key not in shares:
                shares[parcel.key] = self._take_the_rest()
        return shares

    def claims(self, parcel: Parcel) -> dict[str, int | None]:
        """What a parcel says that it holds, by order item, whether there is so much or not; None: all of it."""
        claimed: dict[str, int | None] = {}
        for item in parcel.items:
            if lines := self._lines_of(item):
                key = lines[0].order_item_id
                before = claimed.get(key, 0)
                claimed[key] = None if before is None or item.quantity is None else before + item.quantity
        return claimed

    def _lines_of(self, item: ParcelItem) -> list[Line]:
        """By Amazon's id; else by SKU, of which there can be several lines; an only product needs no name."""
        if item.order_item_id is None and item.sku is None:
            return list(self._lines) if _has_one_product(self._lines) else []
        if found := [line for line in self._lines if line.order_item_id == item.order_item_id]:
            return found
        return [line for line in self._lines if item.sku is not None and line.sku == item.sku]

    def _take(self, items: Iterable[ParcelItem]) -> tuple[Item, ...]:
        taken: dict[str, Item] = {}
        for item in items:
            wanted, codes = item.quantity, item.transparency_codes
            lines = self._lines_of(item)
            for line in lines:
                left = self._left[line.order_item_id]
                quantity = left if wanted is None else min(wanted, left)
                if quantity:
                    given = codes if line is lines[-1] else codes[:quantity]
                    codes = codes[len(given) :]
                    wanted = None if wanted is None else wanted - quantity
                    self._add(taken, Item(line.order_item_id, quantity, given))
        return tuple(taken.values())

    def _take_the_rest(self) -> tuple[Item, ...]:
        taken: dict[str, Item] = {}
        for line in self._lines:
            if left := self._left[line.order_item_id]:
                self._add(taken, Item(line.order_item_id, left))
        return tuple(taken.values())

    def _add(self, taken: dict[str, Item], more: Item) -> None:
        self._left[more.order_item_id] -= more.quantity
        before = taken.get(more.order_item_id, Item(more.order_item_id, 0))
        taken[more.order_item_id] = Item(
            more.order_item_id,
            before.quantity + more.quantity,
            before.transparency_codes + more.transparency_codes,
        )
