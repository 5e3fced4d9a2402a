"""What amzlink knows of an order: the facts that stay, and the personal data that goes.

Names and values are Amazon's (Orders API 2026-01-01). Times are aware UTC, money is a decimal string with its currency,
weights are whole grams. Values that nobody has seen yet are kept as they came. No struct can be part of a cycle, so the
garbage collector need not look at them (`gc=False`): an import makes hundreds of thousands.
"""

from datetime import datetime
from typing import Final, NewType

import msgspec

OrderId = NewType("OrderId", str)

TO_SHIP: Final = frozenset({"UNSHIPPED", "PARTIALLY_SHIPPED"})
PENDING: Final = frozenset({"PENDING", "PENDING_AVAILABILITY"})
SHIPPED: Final = "SHIPPED"
CANCELLED: Final = "CANCELLED"
STATUSES: Final = (
    "PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", SHIPPED, CANCELLED, "UNFULFILLABLE",
)  # fmt: skip
"""Amazon's fulfilment statuses (`FulfillmentStatus` of its orders model 2026-01-01)."""
DELIVERED: Final = "DELIVERED"


class OrderLine(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One line of an order. `quantity_unshipped` counts what has still to be handed over.

    `demands` are Amazon's names of what the parcel must have (`signatureConfirmation`), sorted. `customised` says that
    the buyer's wishes came along; they are personal data. A field that later versions add needs a default: where it has
    that, it is left out of the digest (`changes.digest`), which so stays the same.
    """

    order_item_id: str
    sku: str | None
    asin: str | None
    title: str | None
    quantity: int
    quantity_unshipped: int
    unit_price: str | None
    currency: str | None
    programs: tuple[str, ...]
    ioss_number: str | None
    cancellation_requested: bool
    demands: tuple[str, ...] = ()
    gift_wrap: str | None = None
    customised: bool = False


class Amount(msgspec.Struct, frozen=True, gc=False):
    """A part of a price, by Amazon's name of its kind (`TAX`, `DISCOUNT`); taken off where it is negative."""

    kind: str
    amount: str
    currency: str


class Part(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The same, and what it consists of: of a tax the tax on each kind."""

    kind: str
    amount: str
    currency: str
    details: tuple[Amount, ...] = ()


class TaxCollection(msgspec.Struct, frozen=True, gc=False):
    """Who collects a line's tax: Amazon's name of the model (`MARKETPLACE_FACILITATOR`), and the party."""

    model: str | None
    responsible_party: str | None


class LineMoney(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What the price of a line consists of, tax first. `schemes` are those that its tax is reported under (`UOSS`)."""

    parts: tuple[Part, ...] = ()
    tax_collections: tuple[TaxCollection, ...] = ()
    schemes: tuple[str, ...] = ()


NO_LINE_MONEY: Final = LineMoney()


class Money(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the price of an order consists of, tax first, and that of its `lines`, by order item id."""

    parts: tuple[Part, ...] = ()
    lines: dict[str, LineMoney] = {}


NO_MONEY: Final = Money()


class PackageItem(msgspec.Struct, frozen=True, gc=False):
    """How many of which order line a package holds."""

    order_item_id: str
    quantity: int


class Package(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A package as Amazon shows it. Its tracking number is personal data and lies with that."""

    reference: str
    status: str | None
    detailed_status: str | None
    carrier: str | None
    service: str | None
    shipped_at: datetime | None
    items: tuple[PackageItem, ...]


class Buyer(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Who bought."""

    name: str | None = None
    email: str | None = None
    company_name: str | None = None
    purchase_order_number: str | None = None


class Recipient(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Where the parcel goes. Field names are those of Amazon's `deliveryAddress`, in snake case.

    `from_file`: Amazon withheld it, and a person gave it with a file of Seller Central's. `letters_lost`: that
    file, or a report, has damaged it.
    """

    name: str | None = None
    company_name: str | None = None
    address_line_1: str | None = None
    address_line_2: str | None = None
    address_line_3: str | None = None
    street_name: str | None = None
    street_number: str | None = None
    complement: str | None = None
    neighborhood: str | None = None
    city: str | None = None
    district_or_county: str | None = None
    municipality: str | None = None
    state_or_region: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    phone: str | None = None
    address_type: str | None = None
    drop_off_location: str | None = None
    address_instruction: str | None = None
    from_file: bool = False
    letters_lost: bool = False

    @property
    def deliverable(self) -> bool:
        """Whether a parcel could be addressed: a name and a street are there.

        Without the restricted role Amazon answers 200 and leaves both out, city and country staying
        (docs/services/amazon.md, "Personal data and a missing role").
        """
        street = self.address_line_1 or self.address_line_2 or self.address_line_3 or self.street_name
        return bool((self.name or self.company_name) and street)


class TaxRegistration(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A tax number that came with the order, and whose it is."""

    entity_type: str | None = None
    type: str | None = None
    number: str | None = None
    legal_name: str | None = None


class PersonalData(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Everything in an order that tells of a person. It is kept sealed, and in one piece.

    `gift_messages` and `customization_urls` are by order item id, `tracking_numbers` by package reference. `salt` (hex)
    is of our own making: the key of hashes by which a change is noticed, worth nothing to who has only the hash.
    """

    buyer: Buyer = Buyer()
    recipient: Recipient = Recipient()
    gift_messages: dict[str, str] = {}
    customization_urls: dict[str, str] = {}
    tracking_numbers: dict[str, str] = {}
    tax_registrations: tuple[TaxRegistration, ...] = ()
    salt: str = ""


NOTHING_PERSONAL: Final = PersonalData()


class Order(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """An order as it came from Amazon. A field with a default is left out of the digest where it has that.

    `from_report`: a report told of it, which leaves out much (`amazon.orders_report`). `changed_at` is then when it was
    bought, which no other answer lies before.
    """

    order_id: OrderId
    marketplace_id: str | None
    status: str
    fulfilled_by: str | None
    purchased_at: datetime
    changed_at: datetime
    ship_by: datetime | None
    deliver_by: datetime | None
    label_from: datetime | None
    service_level: str | None
    programs: tuple[str, ...]
    replaces: str | None
    total: str | None
    currency: str | None
    lines: tuple[OrderLine, ...]
    packages: tuple[Package, ...]
    personal: PersonalData
    money: Money = NO_MONEY
    from_report: bool = False

    @property
    def units(self) -> int:
        """How many pieces were ordered."""
        return sum(line.quantity for line in self.lines)

    @property
    def to_ship(self) -> bool:
        """Whether the merchant has still to hand something over."""
        return self.status in TO_SHIP

    @property
    def has_arrived(self) -> bool:
        """Whether all of it was handed over and Amazon shows every package as delivered."""
        if self.status != SHIPPED:
            return False
        living = [package.status for package in self.packages if package.status != CANCELLED]
        return bool(living) and living.count(DELIVERED) == len(living)

    @property
    def packages_by_reference(self) -> frozenset[str]:
        """The references of the packages that Amazon has of it."""
        return frozenset(package.reference for package in self.packages)

    @property
    def shipped_at(self) -> datetime | None:
        """When the last package was handed over, as far as Amazon knows."""
        return max((package.shipped_at for package in self.packages if package.shipped_at), default=None)


def keep_known(new: PersonalData, old: PersonalData) -> PersonalData:
    """`new`, with what it left out taken from `old`.

    Amazon withholds parts of an order as it ages (the phone of a shipped one, say): an answer that says less must not
    wipe out what is still needed.
    """
    return PersonalData(
        buyer=_known_buyer(new.buyer, old.buyer),
        recipient=_known_recipient(new.recipient, old.recipient),
        gift_messages={**old.gift_messages, **new.gift_messages},
        customization_urls={**old.customization_urls, **new.customization_urls},
        tracking_numbers={**old.tracking_numbers, **new.tracking_numbers},
        tax_registrations=new.tax_registrations or old.tax_registrations,
        salt=old.salt,
    )


def _known_buyer(new: Buyer, old: Buyer) -> Buyer:
    """Field by field: an order never changes its buyer."""
    return Buyer(
        name=new.name or old.name,
        email=new.email or old.email,
        company_name=new.company_name or old.company_name,
        purchase_order_number=new.purchase_order_number or old.purchase_order_number,
    )


def _known_recipient(new: Recipient, old: Recipient) -> Recipient:
    """As a whole, so that no parcel goes to half of each of two addresses; all but a phone withheld is the old one."""
    if not new.deliverable and old.deliverable:
        return old
    same_without_phone = new.phone is None and new == msgspec.structs.replace(old, phone=None)
    return old if same_without_phone else new
