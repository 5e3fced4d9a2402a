"""What the seller sells: the products behind the orders' lines and the listings' answers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.sandbox.account import COUNTRIES

_PRODUCTS: Final = (
    ("KETTLE", "KITCHEN", 1290, 3499, ("Wasserkocher 1,7 l", "Bouilloire 1,7 l", "Waterkoker 1,7 l", "Czajnik 1,7 l")),
    ("MUG", "DRINKING_CUP", 410, 1299, ("Keramikbecher", "Tasse en céramique", "Keramische beker", "Kubek ceramiczny")),
    ("LAMP", "LAMP", 2150, 5990, ("Schreibtischlampe", "Lampe de bureau", "Bureaulamp", "Lampka biurkowa")),
    (
        "TOWEL",
        "TOWEL",
        620,
        1849,
        ("Badetuch aus Biobaumwolle", "Drap de bain bio", "Badhanddoek", "Ręcznik kąpielowy"),
    ),
    (
        "KNIFE",
        "KITCHEN_KNIFE",
        230,
        4490,
        ("Kochmesser 20 cm", "Couteau de chef 20 cm", "Koksmes 20 cm", "Nóż szefa 20 cm"),
    ),
    ("BIKELOCK", "LOCK", 1780, 2795, ("Fahrradschloss", "Antivol pour vélo", "Fietsslot", "Zapięcie rowerowe")),
    (
        "PUZZLE",
        "PUZZLES",
        850,
        1599,
        ("Puzzle, 1000 Teile", "Puzzle 1000 pièces", "Puzzel, 1000 stukjes", "Puzzle 1000"),
    ),
    (
        "GARDENHOSE",
        "GARDEN_HOSE",
        3900,
        4249,
        ("Gartenschlauch 20 m", "Tuyau 20 m", "Tuinslang 20 m", "Wąż ogrodowy 20 m"),
    ),
    ("NOTEBOOK", "PAPER_PRODUCT", 310, 899, ("Notizbuch A5, liniert", "Carnet A5 ligné", "Notitieboek A5", "Notes A5")),
    (
        "CUSHION",
        "PILLOW",
        700,
        2199,
        ("Kissen 50 × 50 cm", "Coussin 50 × 50 cm", "Kussen 50 × 50 cm", "Poduszka 50 × 50 cm"),
    ),
    ("SCALE", "SCALE", 1540, 2990, ("Küchenwaage", "Balance de cuisine", "Keukenweegschaal", "Waga kuchenna")),
    ("STAMP", "OFFICE_PRODUCTS", 90, 1150, ("Namensstempel", "Tampon encreur", "Naamstempel", "Pieczątka imienna")),
)
_COLOURS: Final = (
    ("BLU", ("blau", "bleu", "blauw", "niebieski")),
    ("GRN", ("grün", "vert", "groen", "zielony")),
    ("BLK", ("schwarz", "noir", "zwart", "czarny")),
    ("CRM", ("cremeweiß", "crème", "crème", "kremowy")),
    ("RED", ("rot", "rouge", "rood", "czerwony")),
    ("GRY", ("grau", "gris", "grijs", "szary")),
    ("YEL", ("gelb", "jaune", "geel", "żółty")),
)
LANGUAGES: Final = ("de", "fr", "nl", "pl")
# Sellers choose their SKUs themselves; each of these breaks a client that joins strings instead of encoding them.
_ODD_SKUS: Final = (
    "KETTLE/BLU 1",
    "MUG+GRN",
    "LAMP 100%",
    "TÜCHER-ÄÖÜ-5",
    "KNIFE,20CM",
    "LOCK#7&8",
    "PUZZLE?=1000",
    "ZŁOTY_NOTES",
)


@dataclass(frozen=True, slots=True)
class Product:
    """One SKU. `titles` and `price_cents` (euro, VAT included) are what a shop page shows; `grams` is as sent."""

    sku: str
    asin: str
    product_type: str
    titles: dict[str, str]
    price_cents: int
    grams: int
    attributes: dict[str, Any]
    created: datetime
    updated: datetime
    buyable: bool


class Catalogue:
    """All products of a seed, looked up by SKU or drawn from."""

    def __init__(self, seed: int, now: datetime) -> None:
        rng = Random(f"{seed}/catalogue")
        self.products = tuple(_make_products(rng, now))
        self.by_sku = {product.sku: product for product in self.products}

    def draw(self, rng: Random, count: int) -> list[Product]:
        """Different products, the first ones of the catalogue oftenest, as in a real shop."""
        chosen: dict[str, Product] = {}
        while len(chosen) < count:
            product = self.products[int(rng.random() ** 2 * len(self.products))]
            chosen[product.sku] = product
        return list(chosen.values())


def _make_products(rng: Random, now: datetime) -> list[Product]:
    variants = [(product, colour) for product in _PRODUCTS for colour in _COLOURS]
    rng.shuffle(variants)
    return [_make_product(rng, now, number, *variant) for number, variant in enumerate(variants)]


def _make_product(
    rng: Random,
    now: datetime,
    number: int,
    product: tuple[str, str, int, int, tuple[str, ...]],
    colour: tuple[str, tuple[str, ...]],
) -> Product:
    stem, product_type, grams, cents, names = product
    code, colours = colour
    titles = {language: f"{names[at]}, {colours[at]}" for at, language in enumerate(LANGUAGES)}
    # Every tenth SKU is an odd one until they are used up, so that a small page of listings has some.
    odd = number // 10 if number % 10 == 1 else len(_ODD_SKUS)
    created = now - timedelta(days=rng.randrange(200, 900), seconds=rng.randrange(86400))
    return Product(
        sku=_ODD_SKUS[odd] if odd < len(_ODD_SKUS) else f"{stem}-{code}-{rng.randrange(10, 99)}",
        asin="B0" + "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=8)),
        product_type=product_type,
        titles=titles,
        price_cents=cents + 100 * rng.randrange(0, 9),
        grams=grams,
        attributes=_weights(number, grams),
        created=created,
        updated=created + timedelta(days=rng.randrange(0, 190)),
        buyable=rng.random() < 0.95,
    )


def _weights(number: int, grams: int) -> dict[str, Any]:
    """A listing's weight attributes: most carry a package weight, some another one, a few none or nonsense."""
    kilograms, pounds = round(grams / 1000, 3), round(grams / 453.59237, 2)
    kinds: dict[int, dict[str, Any]] = {
        3: {},
        5: {"item_package_weight": _weight(0, "kilograms")},
        7: {"item_weight": _weight(kilograms, "kilograms")},
        8: {"item_package_weight": _weight(pounds, "pounds")},
        9: {
            "website_shipping_weight": _weight(round(grams * 1.1), "grams"),
            "item_package_weight": _weight(grams, "grams"),
        },
        10: {"item_package_weight": _weight(grams, "kilograms")},  # grams typed into a field of kilograms
    }
    usual = {
        "item_package_weight": _weight(kilograms, "kilograms"),
        "item_weight": _weight(round(grams * 0.9), "grams"),
    }
    return kinds.get(number % 12, usual)


def _weight(value: float, unit: str) -> list[dict[str, Any]]:
    return [{"value": value, "unit": unit, "marketplace_id": BY_COUNTRY[country].id} for country in COUNTRIES]
