"""The values that a store's settings can have, where there are only a few."""

from typing import Literal

Trigger = Literal["announced", "processed"]
"""When a shipment is confirmed to Amazon."""
Destination = Literal["none", "sendcloud"]
"""Where imported orders go on."""
IncludePrime = Literal["auto", "always", "never"]
"""Whether Prime orders are sent on. `auto`: where the merchant may choose the carrier."""
