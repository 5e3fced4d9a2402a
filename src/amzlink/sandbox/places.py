"""People and places to draw orders from, by the country they are delivered to.

Telephone numbers are of ranges kept free for fiction where the country has such a range.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class City:
    """A city with one of its postal codes."""

    name: str
    postal_code: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """What names and addresses look like in a country; `street` takes `name` and `number`."""

    country: str
    language: str
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    street: str
    street_names: tuple[str, ...]
    cities: tuple[City, ...]
    companies: tuple[str, ...]
    phone: str
    pickup_point: str
    vat_prefix: str


GERMANY: Final = Place(
    "DE",
    "de",
    ("Anneliese", "Jürgen", "Björn", "Käthe", "Mehmet", "Sophie", "Łukasz", "Günther", "Aylin", "Hans-Peter"),
    ("Müller", "Schröder", "Weiß", "Özdemir", "von der Heydte", "Kaczmarek", "Groß", "Lehmann-Brandt", "Vogt", "Jäger"),
    "{name} {number}",
    ("Lindenstraße", "Am Alten Mühlbach", "Königsallee", "Straße des 17. Juni", "Bäckergasse", "Große Bleichen"),
    (
        City("Berlin", "10115", "Berlin"),
        City("Leipzig", "04109", "Sachsen"),
        City("München", "80331", "Bayern"),
        City("Köln", "50667", "Nordrhein-Westfalen"),
        City("Mönchengladbach", "41061"),
        City("Rüdesheim am Rhein", "65385", "Hessen"),
    ),
    (
        "Bäckerei Sonnenschein GmbH & Co. KG",
        "Werkstatt Groß e.K.",
        "Praxis Dr. Weiß",
        "Kontor 4 UG (haftungsbeschränkt)",
    ),
    "+49 30 23125{digits:03d}",
    "Packstation {digits:03d}",
    "DE",
)
AUSTRIA: Final = Place(
    "AT",
    "de",
    ("Leopold", "Johanna", "Ferdinand", "Zdenka", "Maximilian"),
    ("Gruber", "Hofstätter", "Prohaska", "Öllinger", "Wögerbauer"),
    "{name} {number}/Stiege 2/Top 14",
    ("Mariahilfer Straße", "Naschmarktgasse", "Grazer Ring"),
    (City("Wien", "1070"), City("Graz", "8010", "Steiermark"), City("St. Pölten", "3100")),
    ("Kaffeehaus Prohaska KG", "Tischlerei Öllinger GmbH"),
    "+43 1 5550{digits:03d}",
    "Abholstation {digits:03d}",
    "ATU",
)
FRANCE: Final = Place(
    "FR",
    "fr",
    ("Chloé", "François", "Jean-Baptiste", "Aïcha", "Zoé", "Loïc", "Océane", "Étienne"),
    ("Lefèvre", "d'Artois", "Benoît", "N'Diaye", "Garçon", "Le Goff", "Saint-Exupéry", "Mañas"),
    "{number}, {name}",
    ("rue de l'Église", "avenue du Maréchal-Foch", "allée des Cèdres", "impasse du Chêne-Vert", "quai de Saône"),
    (
        City("Paris", "75011"),
        City("Nice", "06000"),
        City("Saint-Étienne", "42000"),
        City("Besançon", "25000"),
        City("L'Haÿ-les-Roses", "94240"),
    ),
    ("Boulangerie du Coin SARL", "Atelier Côté Mer", "Cabinet Lefèvre & Associés"),
    "+33 1 99 00 0{digits:03d}",
    "Point Relais {digits:03d}",
    "FR",
)
NETHERLANDS: Final = Place(
    "NL",
    "nl",
    ("Sanne", "Joëlle", "Teun", "Fatima", "Daniël", "Noa"),
    ("de Vries", "van 't Hof", "IJsselstein", "El Amrani", "Van den Berg-Jansen"),
    "{name} {number}",
    ("Prinsengracht", "'s-Gravenweg", "Burgemeester Reigerstraat", "Zuidwal"),
    (
        City("Amsterdam", "1012 AB", "Noord-Holland"),
        City("'s-Hertogenbosch", "5211 EX"),
        City("Utrecht", "3511 AX"),
        City("Den Haag", "2513 AA", "Zuid-Holland"),
    ),
    ("Fietsenmaker Zuid B.V.", "Bloemenatelier Noa", "Stichting De Brug"),
    "+31 20 5550{digits:03d}",
    "PostNL-punt {digits:03d}",
    "NL",
)
POLAND: Final = Place(
    "PL",
    "pl",
    ("Agnieszka", "Łukasz", "Małgorzata", "Wojciech", "Żaneta", "Grzegorz"),
    ("Wiśniewska", "Dąbrowski", "Wójcik", "Źrebiec", "Brzęczyszczykiewicz", "Śliwa"),
    "ul. {name} {number}",
    ("Świętokrzyska", "Marszałkowska", "3 Maja", "Żwirki i Wigury", "Kościuszki"),
    (
        City("Warszawa", "00-001", "mazowieckie"),
        City("Łódź", "90-001"),
        City("Kraków", "31-001", "małopolskie"),
        City("Gdańsk", "80-001"),
    ),
    ("Piekarnia Pod Lipą Sp. z o.o.", "Warsztat Śliwa", "Studio Żagiel s.c."),
    "+48 22 555 0{digits:03d}",
    "Paczkomat WAW{digits:03d}",
    "PL",
)

SPAIN: Final = Place(
    "ES",
    "es",
    ("María", "José", "Núria", "Íñigo", "Begoña"),
    ("Muñoz", "Ibáñez", "García-Lorca", "Etxeberría", "Peña"),
    "{name}, {number}",
    ("Calle Mayor", "Avenida de la Constitución", "Plaza del Ángel", "Carrer de Mallorca"),
    (City("Madrid", "28013", "Madrid"), City("Málaga", "29001"), City("A Coruña", "15001", "Galicia")),
    ("Panadería Peña S.L.", "Taller Ibáñez"),
    "+34 910 550 {digits:03d}",
    "Oficina de Correos {digits:03d}",
    "ESB",
)
SWEDEN: Final = Place(
    "SE",
    "sv",
    ("Åsa", "Björn", "Märta", "Göran", "Linnéa"),
    ("Öberg", "Sjöström", "Lindqvist", "Ågren"),
    "{name} {number}",
    ("Drottninggatan", "Västra Hamngatan", "Kungsängsvägen"),
    (City("Stockholm", "111 51"), City("Göteborg", "411 17"), City("Malmö", "211 22")),
    ("Öbergs Bageri AB", "Verkstan Sjöström HB"),
    "+46 8 465 00{digits:03d}",
    "Ombud {digits:03d}",
    "SE",
)
BELGIUM: Final = Place(
    "BE",
    "fr",
    ("Élodie", "Joris", "Anaïs", "Wouter"),
    ("Peeters", "Vandenbroucke", "Dufrêne", "De Smet"),
    "{name} {number}",
    ("Rue Haute", "Meir", "Chaussée de Wavre", "Veldstraat"),
    (City("Bruxelles", "1000"), City("Antwerpen", "2000"), City("Liège", "4000")),
    ("Boulangerie Dufrêne SRL", "Fietsen De Smet BV"),
    "+32 2 555 0{digits:03d}",
    "Point Poste {digits:03d}",
    "BE0",
)
BRITAIN: Final = Place(
    "GB",
    "en",
    ("Siân", "Zoë", "Hamish", "Aoife", "Priya"),
    ("O'Brien", "Llewellyn", "Smith-Jones", "MacDonald"),
    "{number} {name}",
    ("High Street", "St Mary's Road", "Acacia Avenue", "The Crescent"),
    (City("London", "E1 6AN"), City("Cardiff", "CF10 1EP"), City("Edinburgh", "EH1 1YZ")),
    ("O'Brien & Sons Ltd", "The Corner Bakery LLP"),
    "+44 20 7946 0{digits:03d}",
    "Post Office {digits:03d}",
    "GB",
)
ITALY: Final = Place(
    "IT",
    "it",
    ("Niccolò", "Chiara", "Desirée", "Gesù"),
    ("D'Angelo", "Dell'Acqua", "Però", "Bianchi"),
    "{name} {number}",
    ("Via Roma", "Corso Vittorio Emanuele II", "Piazza dell'Università", "Vicolo Stretto"),
    (City("Roma", "00184", "RM"), City("Forlì", "47121", "FC"), City("Milano", "20121", "MI")),
    ("Panificio D'Angelo S.r.l.", "Officina Bianchi S.n.c."),
    "+39 06 5550 0{digits:03d}",
    "Fermoposta {digits:03d}",
    "IT",
)
UNITED_STATES: Final = Place(
    "US",
    "en",
    ("Beyoncé", "Jayden", "Mary Ann", "José"),
    ("Nuñez", "Van Buren", "O'Neill", "Smith"),
    "{number} {name}",
    ("Main St", "Martin Luther King Jr Blvd", "W 42nd St Apt 5"),
    (City("Springfield", "62701-1234", "IL"), City("New York", "10036", "NY"), City("Cañon City", "81212", "CO")),
    ("Smith Hardware, LLC", "O'Neill & Co."),
    "+1 212-555-0{digits:03d}",
    "PO Box {digits:03d}",
    "US",
)

# The marketplace's country, then where its buyers have things sent; the first is by far the commonest.
DELIVERED_TO: Final = {
    "DE": (GERMANY, AUSTRIA), "FR": (FRANCE,), "NL": (NETHERLANDS,), "PL": (POLAND,), "ES": (SPAIN,), "SE": (SWEDEN,),
    "BE": (BELGIUM,), "GB": (BRITAIN,), "IT": (ITALY,), "US": (UNITED_STATES,),
}  # fmt: skip

RIGHT_TO_LEFT_NAMES: Final = ("محمد عبد الرحمن", "נועה כהן־לוי", "فاطمة الزهراء بنت علي", "דוד בן־גוריון")
EMOJI_NAMES: Final = ("Lena 🌻 Sommer", "Team 👩‍👩‍👧‍👦 Nordlicht", "Max 🚲💨", "🇵🇱 Kasia & Tomek 💌")
LONG_NAMES: Final = (
    "Maximiliane-Theodora Freifrau von und zu Hohenstein-Wolkenburg-Rabeneck, c/o Hausverwaltung Wegener",
    "Marie-Antoinette Joséphine Éléonore de la Rochefoucauld-Montmorency, chez Mme la gardienne",
    "Krystyna Magdalena Brzęczyszczykiewicz-Chrząszczyżewoszycka, odbiór w recepcji budynku B",
)
GIFT_MESSAGES: Final = {
    "de": "Alles Gute zum Geburtstag, liebe Oma! 🎂\nWir denken an Dich.",
    "fr": "Joyeux anniversaire ! Bisous de toute l'équipe « Côté Mer ».",
    "nl": "Gefeliciteerd met jullie huis! Veel geluk, tante Joëlle",
    "pl": "Sto lat! Dużo zdrowia i słońca życzy cała rodzina ☀",
}
DROP_OFF_PLACES: Final = {
    "de": "Garage", "fr": "Chez le gardien", "nl": "Bij de buren", "pl": "U sąsiada", "es": "En portería",
    "sv": "Hos grannen", "en": "Porch", "it": "Dal portiere",
}  # fmt: skip
