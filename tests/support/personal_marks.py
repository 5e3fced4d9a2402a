"""Personal values that cannot occur by chance, and finding them again in whatever shape they were left behind.

A mark is `zqxjkvw`, four hexadecimal digits for the order, and a letter for the field: twelve characters, so that it
fits where a postal code does.
"""

import base64
import gzip
import io
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from amzlink.sandbox.order import Order
from amzlink.sandbox.world import World

TOKEN: Final = "zqxjkvw"
_BYTES: Final = len(TOKEN) + 5

_BUYER: Final = {
    "buyerName": ("a", "{} Özdemir"), "buyerEmail": ("b", "{}@marketplace.amazon.de"),
    "buyerCompanyName": ("c", "{} & Söhne"), "buyerPurchaseOrderNumber": ("d", "PO-{}"),
}  # fmt: skip
_ADDRESS: Final = {
    "name": ("e", "{} Müller"), "companyName": ("f", "{} GmbH"), "addressLine1": ("g", "{}straße 5"),
    "addressLine2": ("h", "{}"), "addressLine3": ("i", "{}"), "city": ("j", "{} am Rhein"),
    "districtOrCounty": ("k", "{}"), "stateOrRegion": ("l", "{}"), "municipality": ("m", "{}"),
    "postalCode": ("n", "{}"), "phone": ("o", "+49 {}"),
}  # fmt: skip
_EXTENDED: Final = {
    "streetName": ("p", "{}"), "streetNumber": ("q", "{}"), "complement": ("r", "{}"), "neighborhood": ("s", "{}"),
}  # fmt: skip
_PREFERENCE: Final = {"dropOffLocation": ("t", "{}"), "addressInstruction": ("u", "2 × {}")}
_GIFT: Final = ("v", "Alles Gute! {}\nWir denken an Dich.")
_URL: Final = ("w", "https://zme-caps.amazon.com/t/{}/custom.zip")
_TAX: Final = {"legalName": ("x", "{} KG"), "taxRegistrationNumber": ("y", "DE{}")}
_AMAZONS_PACKAGE: Final = ("z", "{}")
_SENDCLOUDS_PARCEL: Final = "1"
_PARCEL_OF_A_FILE: Final = "2"
FIELDS: Final = {
    **{
        letter: name
        for names in (_BUYER, _ADDRESS, _EXTENDED, _PREFERENCE, _TAX)
        for name, (letter, _) in names.items()
    },
    _GIFT[0]: "giftMessage", _URL[0]: "customizedUrl", _AMAZONS_PACKAGE[0]: "trackingNumber",
    _SENDCLOUDS_PARCEL: "Sendcloud's tracking number", _PARCEL_OF_A_FILE: "a file's tracking number",
}  # fmt: skip
"""What the letter in a mark stands for."""

_HAVING_EVERYTHING: Final = 7  # every so manieth order has all the fields that there are


class Marks:
    """Marks the personal values of a sandbox's orders, before anybody has asked for them. `count` is how many."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._serials: dict[str, int] = {}
        self.count = 0

    def mark_orders(self, order_ids: Iterable[str] | None = None) -> None:
        """Put marks into these orders, or all."""
        with self._world.lock:
            for order_id in list(order_ids or self._world.orders):
                self._mark_order(self._world.orders[order_id])

    def mark_parcels(self) -> None:
        """Give Sendcloud's parcels numbers that are marks."""
        with self._world.lock:
            shipments = self._world.sendcloud.shipments
            for parcel in shipments.parcels:
                order_id = shipments[parcel.shipment_id].order_number
                if parcel.tracking_number and TOKEN.upper() not in parcel.tracking_number:
                    parcel.tracking_number = self.of(order_id, _SENDCLOUDS_PARCEL).upper() + str(parcel.id)
                    self.count += 1

    def number_for_a_file(self, order_id: str) -> str:
        """A tracking number that a file of shipments may have for an order."""
        self.count += 1
        return self.of(order_id, _PARCEL_OF_A_FILE).upper()

    def of(self, order_id: str, letter: str) -> str:
        """The mark of a field of an order."""
        serial = self._serials.setdefault(order_id, len(self._serials))
        return f"{TOKEN}{serial:04x}{letter}"

    def orders_in(self, text: str) -> set[str]:
        """The orders whose marks stand in a text."""
        by_serial = {f"{serial:04x}": order_id for order_id, serial in self._serials.items()}
        return {by_serial[mark[len(TOKEN) : -1]] for mark in marks_in(text)}

    def _mark_order(self, order: Order) -> None:
        body, order_id = order.body, order.order_id
        has_all = len(self._serials) % _HAVING_EVERYTHING == 0
        recipient = body["recipient"]
        address = recipient["deliveryAddress"]
        if has_all and "name" in address:
            address |= dict.fromkeys(_ADDRESS, "")
            recipient.setdefault("deliveryPreference", {}).update(dict.fromkeys(_PREFERENCE, ""))
            address["extendedFields"] = dict.fromkeys(_EXTENDED, "")
        if has_all:
            body["buyer"] |= dict.fromkeys(_BUYER, "")
            registration = {"entityType": "BUYER", "taxRegistrationType": "VAT", **dict.fromkeys(_TAX, "")}
            body.setdefault("tax", {}).setdefault("taxRegistrations", [registration])
            for item in body["orderItems"]:
                item["fulfillment"]["packing"] = {"giftOption": {"giftMessage": "", "giftWrapLevel": "STANDARD"}}
                item["product"]["customization"] = {"customizedUrl": ""}
        self._fill(order_id, body["buyer"], _BUYER)
        self._fill(order_id, address, _ADDRESS)
        self._fill(order_id, address.get("extendedFields", {}), _EXTENDED)
        self._fill(order_id, recipient.get("deliveryPreference", {}), _PREFERENCE)
        for registration in body.get("tax", {}).get("taxRegistrations", []):
            self._fill(order_id, registration, _TAX)
        for item in body["orderItems"]:
            gift = item["fulfillment"].get("packing", {}).get("giftOption", {})
            self._fill(order_id, gift, {"giftMessage": _GIFT})
            self._fill(order_id, item["product"].get("customization", {}), {"customizedUrl": _URL})
        for package in body.get("packages", []):
            self._fill(order_id, package, {"trackingNumber": _AMAZONS_PACKAGE})

    def _fill(self, order_id: str, part: dict[str, Any], fields: Mapping[str, tuple[str, str]]) -> None:
        for name in fields.keys() & part.keys():
            letter, text = fields[name]
            part[name] = text.format(self.of(order_id, letter))
            self.count += 1


def marks_in(text: str) -> set[str]:
    """The marks in a text, in small letters."""
    folded = text.casefold()
    pieces = folded.split(TOKEN)[1:]
    return {TOKEN + piece[: _BYTES - len(TOKEN)] for piece in pieces}


def fields_in(text: str) -> set[str]:
    """The names of the fields whose marks stand in a text."""
    return {FIELDS[mark[-1]] for mark in marks_in(text)}


def shapes_in(data: bytes) -> list[str]:
    """The shapes in which there is a mark: as it is, in other encodings, or in something that is packed."""
    folded = data.lower()
    found = [name for name, needle in _FOLDED_SHAPES.items() if needle in folded]
    found += [name for name, needle in _EXACT_SHAPES.items() if needle in data]
    return found + [f"packed: {shape}" for part in _unpacked(data) for shape in shapes_in(part)]


def hits(folder: Path, *, but: Collection[Path] = ()) -> dict[str, list[str]]:
    """The files under a folder in which there is a mark, and its shapes; `but` are folders and files to pass over."""
    found = {}
    for file in files_under(folder, but=but):
        shapes = shapes_in(read(file))
        if TOKEN in str(file).casefold():
            shapes.append("the file's name")
        if shapes:
            found[str(file.relative_to(folder))] = shapes
    return found


def files_under(folder: Path, *, but: Collection[Path] = ()) -> Iterator[Path]:
    """All files; one that goes meanwhile is none."""
    for file in folder.rglob("*"):
        if file.is_file() and not any(file == each or each in file.parents for each in but):
            yield file


def read(file: Path) -> bytes:
    """What is in a file; nothing in one that has just gone."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


def _unpacked(data: bytes) -> Iterator[bytes]:
    """What is in an archive or a compressed file."""
    try:
        if data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                yield from (archive.read(name) for name in archive.namelist())
        elif data.startswith(b"\x1f\x8b"):
            yield gzip.decompress(data)
        elif data.startswith(b"\x78"):
            yield zlib.decompress(data)
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error):
        return  # it only looked like one


def _in_base64() -> Iterator[tuple[str, bytes]]:
    """What is certain of the token's characters at each of the three places where it may begin."""
    for spelling in (TOKEN, TOKEN.upper(), TOKEN.capitalize()):
        for before in range(3):
            encoded = base64.b64encode(bytes(before) + spelling.encode())
            first, last = (8 * before + 5) // 6, 8 * (before + len(TOKEN)) // 6
            sure = encoded[first:last]
            yield f"base64 of {spelling}, {before}", sure
            yield f"base64url of {spelling}, {before}", sure.replace(b"+", b"-").replace(b"/", b"_")


_FOLDED_SHAPES: Final = {
    "as it is": TOKEN.encode(),
    "utf-16-le": TOKEN.encode("utf-16-le"),
    "utf-16-be": TOKEN.encode("utf-16-be"),
    "hexadecimal": TOKEN.encode().hex().encode(),
    "hexadecimal of capitals": TOKEN.upper().encode().hex().encode(),
    "percent-encoded": "".join(f"%{ord(letter):02x}" for letter in TOKEN).encode(),
    "percent-encoded capitals": "".join(f"%{ord(letter):02x}" for letter in TOKEN.upper()).encode(),
    "escaped as in JSON": "".join(f"\\u{ord(letter):04x}" for letter in TOKEN).encode(),
    "escaped as in JSON, capitals": "".join(f"\\u{ord(letter):04x}" for letter in TOKEN.upper()).encode(),
}
_EXACT_SHAPES: Final = dict(_in_base64())
