"""Makes a seller's products from the seed: what they are called, cost and weigh, and which families they form.

They come in series of the same articles. The first has every kind of weight several times over, so that a small
sandbox shows them all; in those after it a few in a hundred products have something wrong, as in a real shop.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random
from types import MappingProxyType
from typing import Final

from amzlink.sandbox.messages import Json
from amzlink.sandbox.weights import PACKAGE, SHIPPING, WEIGHT_ATTRIBUTES, WeightKind, list_weights

_ARTICLES: Final = (
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
    # So light that a thousandfold is still no more than a carrier takes.
    ("STAMP", "OFFICE_PRODUCTS", 32, 1150, ("Namensstempel", "Tampon encreur", "Naamstempel", "Pieczątka imienna")),
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
SERIES: Final = len(_ARTICLES) * (len(_COLOURS) + 1)  # every article in every colour, and the family's parent
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
# Those that a table, a spreadsheet or a path spoils; they take the place of plain ones at the end of the first series.
_ODDER_SKUS: Final[Mapping[int, str]] = MappingProxyType(
    {74: "LAMP.V2.1", 75: "=1+1", 77: "00012345", 79: "-5%20OFF", 81: '@HOME;"B"', 83: "1E5"}
)  # fmt: skip
_ODD_TITLES: Final[Mapping[int, str]] = MappingProxyType(
    {
        70: "Gartenschlauch-Set " + "mit Anschlüssen, Wandhalter und Spritzdüse, " * 3 + "für Haus und Garten, 20 m",
        72: "Λάμπα γραφείου LED, μαύρη",
        73: "Настольная лампа, чёрная",
        74: "מנורת שולחן, שחור 20 ס״מ",
        75: "=SUM(1;2) Kissen",
        76: "デスクランプ 黒 (LED)",
        78: 'Rahmen 27" «Łódź» ®️ 🎁',
        80: "مصباح مكتب أسود",
        82: "กระเป๋าเดินทาง สีดำ",
    }
)
_BOOKS: Final = "ABIS_BOOK"  # a type of products whose weight no seller may tell
ANYTHING: Final = "PRODUCT"  # the type that stands for all of them, and has what every offer has
_MISSING_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "OFFICE_PRODUCTS": frozenset({SHIPPING}),
        "GARDEN_HOSE": frozenset({SHIPPING}),
        _BOOKS: frozenset({SHIPPING, PACKAGE}),
        ANYTHING: frozenset(WEIGHT_ATTRIBUTES),
    }
)
PRODUCT_TYPES: Final = frozenset({article[1] for article in _ARTICLES} | {_BOOKS, ANYTHING})
_COMMON_ATTRIBUTES: Final = frozenset(
    {
        "item_name", "brand", "manufacturer", "bullet_point", "product_description", "color", "country_of_origin",
        "item_dimensions", "item_package_dimensions", "purchasable_offer", "fulfillment_availability",
        "merchant_shipping_group",
    }
)  # fmt: skip

_K = WeightKind
_CYCLE: Final = (
    _K.PACKAGE, _K.PACKAGE, _K.SHIPPING, _K.NONE, _K.PACKAGE, _K.ZERO, _K.SHIPPING_AND_PACKAGE, _K.ITEM_ONLY,
    _K.POUNDS, _K.PACKAGE, _K.GRAMS_AS_KILOGRAMS, _K.BY_MARKETPLACE, _K.CATALOGUE_ONLY, _K.OUNCES, _K.PACKAGE,
    _K.LIGHTER_THAN_ITEM, _K.UNKNOWN_UNIT, _K.PACKAGE, _K.SUPPRESSED, _K.NO_ATTRIBUTE, _K.MILLIGRAMS, _K.PACKAGE,
    _K.ELSEWHERE, _K.OLD_ISSUE, _K.HUNDREDTHS_POUNDS, _K.SHIPPING, _K.OUTWEIGHED, _K.TONS, _K.PACKAGE,
    _K.ZERO_SHIPPING, _K.PACKAGE, _K.PACKAGE, _K.PACKAGE, _K.PACKAGE, _K.PACKAGE,
)  # fmt: skip
_CYCLES_AT_FIRST: Final = 2
_CYCLES_TO_ONE_LATER: Final = 10
# A slip that only the siblings show needs siblings without one: these families have no other.
_SLIPS: Final[Mapping[str, tuple[WeightKind, ...]]] = MappingProxyType(
    {"STAMP": (_K.THOUSANDFOLD, _K.UNDER_A_GRAM), "GARDENHOSE": (_K.THOUSANDTH,)}
)
_Article = tuple[str, str, int, int, tuple[str, ...]]
_Colour = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Variant:
    """An article in a colour, with its series and its place there."""

    series: int
    at: int
    article: _Article
    colour: _Colour
    kind: WeightKind


@dataclass(slots=True)
class Product:
    """One SKU. `titles` and `price_cents` (euro, VAT included) are what a shop page shows; `grams` is as sent.

    `kind` is what its data say of that weight. `own` holds the attributes that were set since the sandbox began, and
    wins over them; `issues` is what Amazon found wrong with them later.
    """

    sku: str
    asin: str
    product_type: str
    titles: dict[str, str]
    price_cents: int
    grams: int
    kind: WeightKind
    created: datetime
    updated: datetime
    buyable: bool
    parent: str | None = None
    children: tuple[str, ...] = ()
    own: dict[str, list[Json]] = field(default_factory=dict)
    issues: list[Json] = field(default_factory=list)

    @property
    def is_parent(self) -> bool:
        """Whether it only holds a family together, and can be neither bought nor sent."""
        return self.kind is WeightKind.PARENT

    @property
    def attributes(self) -> dict[str, list[Json]]:
        """Weights and whatever else was set, by attribute, with an entry for each marketplace."""
        return {name: entries for name, entries in (list_weights(self.kind, self.grams) | self.own).items() if entries}

    @property
    def is_suppressed(self) -> bool:
        """Whether Amazon has taken it off the shop because it lacks a package's weight."""
        return self.kind is WeightKind.SUPPRESSED and PACKAGE not in self.attributes

    @property
    def statuses(self) -> list[str]:
        """What shoppers can do with it."""
        return ["BUYABLE", "DISCOVERABLE"] if self.buyable and not self.is_suppressed else ["DISCOVERABLE"]


def has_attribute(product_type: str, name: str) -> bool:
    """Whether products of that type have such an attribute."""
    allowed = name in _COMMON_ATTRIBUTES or name in WEIGHT_ATTRIBUTES
    return allowed and name not in _MISSING_ATTRIBUTES.get(product_type, frozenset())


def make_products(seed: int, now: datetime) -> Iterator[Product]:
    """All products of a seed, without an end; a series brings its articles first and then their families' parents."""
    unbound = count()
    for number in count():
        yield from _make_series(seed, number, now, unbound)


def _make_series(seed: int, number: int, now: datetime, unbound: Iterator[int]) -> Iterator[Product]:
    rng = Random(f"{seed}/catalogue/{number}" if number else f"{seed}/catalogue")
    variants = [(article, colour) for article in _ARTICLES for colour in _COLOURS]
    rng.shuffle(variants)
    slips = {stem: iter(kinds) for stem, kinds in _SLIPS.items()}
    families: dict[str, list[Product]] = {}
    for at, (article, colour) in enumerate(variants):
        stem = article[0]
        kind = next(slips[stem], WeightKind.PACKAGE) if stem in slips else _draw_kind(next(unbound))
        product = _make_product(rng, now, _Variant(number, at, article, colour, kind))
        families.setdefault(stem, []).append(product)
        yield product
    for article in _ARTICLES:
        yield _make_parent(seed, number, article, families[article[0]])


def _draw_kind(position: int) -> WeightKind:
    cycle, at = divmod(position, len(_CYCLE))
    shown = cycle < _CYCLES_AT_FIRST or cycle % _CYCLES_TO_ONE_LATER == 0
    return _CYCLE[at] if shown else WeightKind.PACKAGE


def _make_product(rng: Random, now: datetime, variant: _Variant) -> Product:
    _stem, product_type, grams, cents, names = variant.article
    titles = {language: f"{names[at]}, {variant.colour[1][at]}" for at, language in enumerate(LANGUAGES)}
    created = now - timedelta(days=rng.randrange(200, 900), seconds=rng.randrange(86400))
    product = Product(
        sku=_make_sku(rng, variant),
        asin=_make_asin(rng),
        product_type=_BOOKS if variant.kind is WeightKind.NO_ATTRIBUTE else product_type,
        titles=titles,
        price_cents=cents + 100 * rng.randrange(0, 9),
        grams=grams,
        kind=variant.kind,
        created=created,
        updated=created + timedelta(days=rng.randrange(0, 190)),
        buyable=rng.random() < 0.95,
    )
    if variant.series:
        return product
    odd_title = _ODD_TITLES.get(variant.at)
    return replace(
        product,
        sku=_ODDER_SKUS.get(variant.at, product.sku),
        titles=dict.fromkeys(LANGUAGES, odd_title) if odd_title else titles,
    )


def _make_sku(rng: Random, variant: _Variant) -> str:
    # Every tenth SKU is an odd one until they are used up, so that a small page of listings has some; later series
    # have one of them each.
    turn, place = divmod(variant.at, 10)
    if place == 1 and turn < len(_ODD_SKUS) and variant.series == 0:
        return _ODD_SKUS[turn]
    if place == 1 and variant.series and turn == variant.series % len(_ODD_SKUS):
        return f"{_ODD_SKUS[turn]}/{variant.series}"
    plain = f"{variant.article[0]}-{variant.colour[0]}-{rng.randrange(10, 99)}"
    return f"{plain}-{variant.series}" if variant.series else plain


def _make_asin(rng: Random) -> str:
    return "B0" + "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=8))


def _make_parent(seed: int, series: int, article: _Article, children: list[Product]) -> Product:
    stem, product_type, _grams, _cents, names = article
    first = min(child.created for child in children)
    return Product(
        sku=f"{stem}-FAMILY-{series}" if series else f"{stem}-FAMILY",
        asin=_make_asin(Random(f"{seed}/family/{series}/{stem}")),
        product_type=product_type,
        titles=dict(zip(LANGUAGES, names, strict=True)),
        price_cents=0,
        grams=0,
        kind=WeightKind.PARENT,
        created=first,
        updated=first,
        buyable=False,
        children=tuple(child.sku for child in children),
    )
