"""Decides what an order is: its story so far, its peculiarities, its times. How Amazon tells it stands in `bodies`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Final

from amzlink.sandbox.clock import whole_seconds


class Story(StrEnum):
    """How far an order has come; the values are Amazon's fulfilment statuses."""

    PENDING_AVAILABILITY = "PENDING_AVAILABILITY"
    PENDING = "PENDING"
    UNSHIPPED = "UNSHIPPED"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
    SHIPPED = "SHIPPED"
    CANCELLED = "CANCELLED"
    UNFULFILLABLE = "UNFULFILLABLE"


class Trait(StrEnum):
    """What sets an order apart from a plain one."""

    SEVERAL_LINES = "several-lines"
    SEVERAL_UNITS = "several-units"
    AMAZON_FULFILLED = "amazon-fulfilled"
    PRIME = "prime"
    BUSINESS = "business"
    GIFT = "gift"
    CANCELLATION_REQUESTED = "cancellation-requested"
    REPLACEMENT = "replacement"
    SHIP_PLUS = "ship-plus"
    EASY_SHIP = "easy-ship"
    DELIVERY_BY_AMAZON = "delivery-by-amazon"
    STORE_PICKUP = "store-pickup"
    PREORDER = "preorder"
    LABEL_LATER = "label-later"
    TRANSPARENCY = "transparency"
    SUBSCRIBED = "subscribed"
    CUSTOMISED = "customised"
    CONSTRAINED = "constrained"
    IOSS = "ioss"
    PICKUP_POINT = "pickup-point"
    DELIVERY_WISHES = "delivery-wishes"
    EMOJI_NAME = "emoji-name"
    RIGHT_TO_LEFT_NAME = "right-to-left-name"
    LONG_NAME = "long-name"
    EXTENDED_ADDRESS = "extended-address"
    BARE_RECIPIENT = "bare-recipient"
    LONG_AGO = "long-ago"


@dataclass(frozen=True, slots=True)
class Plan:
    """One order before it is written out. `now` is the sandbox's time at planning, `shipped` the last hand-over."""

    seed: int
    number: int
    order_id: str
    country: str
    story: Story
    traits: frozenset[Trait]
    now: datetime
    created: datetime
    updated: datetime
    shipped: datetime | None


_STORIES: Final = {
    Story.UNSHIPPED: 36, Story.SHIPPED: 44, Story.PARTIALLY_SHIPPED: 4, Story.PENDING: 5,
    Story.PENDING_AVAILABILITY: 1, Story.CANCELLED: 9, Story.UNFULFILLABLE: 1,
}  # fmt: skip
_CHANCES: Final = {
    Trait.SEVERAL_LINES: 0.22, Trait.SEVERAL_UNITS: 0.15, Trait.AMAZON_FULFILLED: 0.15, Trait.PRIME: 0.06,
    Trait.BUSINESS: 0.08, Trait.GIFT: 0.05, Trait.CANCELLATION_REQUESTED: 0.02, Trait.REPLACEMENT: 0.015,
    Trait.SHIP_PLUS: 0.008, Trait.EASY_SHIP: 0.002, Trait.DELIVERY_BY_AMAZON: 0.002, Trait.STORE_PICKUP: 0.003,
    Trait.PREORDER: 0.004, Trait.LABEL_LATER: 0.02, Trait.TRANSPARENCY: 0.02, Trait.SUBSCRIBED: 0.02,
    Trait.CUSTOMISED: 0.01, Trait.CONSTRAINED: 0.01, Trait.IOSS: 0.01, Trait.PICKUP_POINT: 0.03,
    Trait.DELIVERY_WISHES: 0.05, Trait.EMOJI_NAME: 0.01, Trait.RIGHT_TO_LEFT_NAME: 0.015, Trait.LONG_NAME: 0.015,
    Trait.EXTENDED_ADDRESS: 0.005, Trait.BARE_RECIPIENT: 0.01, Trait.LONG_AGO: 0.02,
}  # fmt: skip
_MERCHANT_ONLY: Final = frozenset(
    {
        Trait.CANCELLATION_REQUESTED, Trait.SHIP_PLUS, Trait.EASY_SHIP, Trait.DELIVERY_BY_AMAZON, Trait.STORE_PICKUP,
        Trait.LABEL_LATER, Trait.TRANSPARENCY, Trait.IOSS, Trait.REPLACEMENT, Trait.LONG_AGO, Trait.CUSTOMISED,
    }
)  # fmt: skip
_OPEN_ONLY: Final = frozenset({Trait.CANCELLATION_REQUESTED, Trait.LABEL_LATER, Trait.LONG_AGO})

# The first orders of every sandbox, so that even a small one shows each story and each peculiarity.
SHOWCASE: Final[tuple[tuple[Story, frozenset[Trait]], ...]] = (
    (Story.UNSHIPPED, frozenset()),
    (Story.UNSHIPPED, frozenset({Trait.SEVERAL_LINES, Trait.SEVERAL_UNITS})),
    (Story.SHIPPED, frozenset()),
    (Story.PENDING, frozenset()),
    (Story.CANCELLED, frozenset()),
    (Story.PARTIALLY_SHIPPED, frozenset({Trait.SEVERAL_LINES})),
    *((Story.UNSHIPPED, frozenset({trait})) for trait in Trait if trait is not Trait.SEVERAL_UNITS),
    (Story.SHIPPED, frozenset({Trait.AMAZON_FULFILLED})),
    (Story.SHIPPED, frozenset({Trait.SEVERAL_LINES, Trait.SEVERAL_UNITS, Trait.TRANSPARENCY})),
    (Story.PENDING_AVAILABILITY, frozenset({Trait.PREORDER})),
    (Story.UNFULFILLABLE, frozenset({Trait.AMAZON_FULFILLED})),
    (Story.CANCELLED, frozenset({Trait.BUSINESS})),
)
_COUNTRIES: Final = {"DE": 60, "FR": 20, "NL": 12, "PL": 8}
_ID_PREFIXES: Final = {
    "DE": ("302", "303", "304", "305", "306", "028"), "FR": ("402", "404", "408", "171"), "NL": ("405",),
    "PL": ("407",), "ES": ("404", "408"), "SE": ("406",), "BE": ("409",), "GB": ("202", "203", "026"),
    "IT": ("403", "408"), "US": ("111", "112", "113"),
}  # fmt: skip
SELLABLE: Final = tuple(_ID_PREFIXES)  # the countries in whose marketplaces an order can be placed
_SETTLED: Final = timedelta(minutes=5)  # nothing is younger, so that a fresh sandbox shows all its orders at once


def plan_order(seed: int, number: int, now: datetime) -> Plan:
    """The plan of a seed's numbered order; times are relative to `now`, all else hangs on seed and number alone."""
    rng = Random(f"{seed}/{number}/plan")
    country = rng.choices(list(_COUNTRIES), weights=list(_COUNTRIES.values()))[0]
    order_id = make_order_id(rng, country)
    if number < len(SHOWCASE):
        story, traits = SHOWCASE[number]
    else:
        story = rng.choices(list(_STORIES), weights=list(_STORIES.values()))[0]
        traits = _draw_traits(rng, story)
    now = whole_seconds(now)
    created, updated, shipped = _draw_times(rng, story, traits, now)
    return Plan(seed, number, order_id, country, story, traits, now, created, updated, shipped)


def plan_new_order(
    seed: int,
    number: int,
    now: datetime,
    story: Story = Story.UNSHIPPED,
    *,
    country: str | None = None,
    traits: frozenset[Trait] | None = None,
) -> Plan:
    """The plan of an order that comes in this very moment; country and traits are drawn unless they are given."""
    rng = Random(f"{seed}/{number}/plan")
    drawn = rng.choices(list(_COUNTRIES), weights=list(_COUNTRIES.values()))[0]
    country = country or drawn
    order_id = make_order_id(rng, country)
    if traits is None:
        traits = _draw_traits(rng, story) - {Trait.LONG_AGO, Trait.AMAZON_FULFILLED, Trait.CANCELLATION_REQUESTED}
    now = whole_seconds(now)
    return Plan(seed, number, order_id, country, story, traits, now, now, now, None)


def make_order_id(rng: Random, country: str) -> str:
    """An order id in Amazon's form, with a prefix seen in that country."""
    return f"{rng.choice(_ID_PREFIXES[country])}-{rng.randrange(10**7):07d}-{rng.randrange(10**7):07d}"


def _draw_traits(rng: Random, story: Story) -> frozenset[Trait]:
    traits = {trait for trait, chance in _CHANCES.items() if rng.random() < chance}
    if story is Story.UNFULFILLABLE:
        traits.add(Trait.AMAZON_FULFILLED)
    if story is Story.PENDING_AVAILABILITY:
        traits.add(Trait.PREORDER)
    if Trait.AMAZON_FULFILLED in traits:
        traits -= _MERCHANT_ONLY
    if story is not Story.UNSHIPPED:
        traits -= _OPEN_ONLY
    if story is Story.PARTIALLY_SHIPPED:
        traits.discard(Trait.AMAZON_FULFILLED)
        traits.add(Trait.SEVERAL_LINES)
    return frozenset(traits)


def _draw_times(
    rng: Random, story: Story, traits: frozenset[Trait], now: datetime
) -> tuple[datetime, datetime, datetime | None]:
    newest = now - _SETTLED
    created = whole_seconds(newest - timedelta(minutes=5, days=_draw_age(rng, story, traits)))
    if story in {Story.SHIPPED, Story.PARTIALLY_SHIPPED}:
        shipped = created + timedelta(hours=rng.uniform(4, 40))
        updated = shipped + timedelta(hours=rng.uniform(0, 120))
        shipped, updated = min(shipped, newest), min(updated, newest)
        return created, whole_seconds(updated), whole_seconds(shipped)
    hours = 24.0 if story is Story.CANCELLED else 1.0
    updated = min(created + timedelta(hours=rng.uniform(0, hours)), newest)
    return created, whole_seconds(updated), None


def _draw_age(rng: Random, story: Story, traits: frozenset[Trait]) -> float:
    """Days since the order came in."""
    if Trait.LONG_AGO in traits:
        return rng.uniform(60, 200)
    match story:
        case Story.UNSHIPPED:
            return min(rng.expovariate(1 / 1.5), 20)
        case Story.PENDING:
            return rng.uniform(0, 0.9)
        case Story.PARTIALLY_SHIPPED:
            return rng.uniform(1, 12)
        case Story.SHIPPED:
            return rng.uniform(0.5, 60)
        case _:
            return rng.uniform(0.2, 60)
