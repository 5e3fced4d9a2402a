"""When a parcel is confirmed to Amazon, and as of when it was shipped."""

from datetime import datetime, timedelta

import msgspec

from amzlink.core.shipments.parcels import Parcel
from amzlink.core.store_choices import Trigger


class TriggerRule(msgspec.Struct, frozen=True):
    """When a parcel is to be confirmed: `announced` or `processed`.

    `guard_hours`, if more than none, confirms one that is only announced so long before the order's ship-by date: some
    parcels are never scanned.
    """

    when: Trigger
    guard_hours: int = 0

    def reached(self, parcel: Parcel, ship_by: datetime | None, now: datetime) -> bool:
        """Whether a parcel is to be confirmed now."""
        if not parcel.is_live or parcel.announced_at is None:
            return False
        if self.when == "announced" or parcel.processed_at is not None:
            return True
        guard_from = self.guard_from(ship_by)
        return guard_from is not None and now >= guard_from

    def guard_from(self, ship_by: datetime | None) -> datetime | None:
        """From when on a parcel of an order with this ship-by date is confirmed without a scan; None: never."""
        return ship_by - timedelta(hours=self.guard_hours) if self.guard_hours and ship_by else None


def ship_date(parcel: Parcel, purchased_at: datetime, now: datetime) -> datetime:
    """When the parcel was handed over, as far as is known: never in the future, nor before the order.

    Source: docs/services/amazon.md, "The confirmation call".
    """
    known = parcel.processed_at or parcel.announced_at or now
    # Amazon's time of the order can have a fraction of a second, which is not kept.
    return min(now, max(known, purchased_at + timedelta(seconds=1)))
