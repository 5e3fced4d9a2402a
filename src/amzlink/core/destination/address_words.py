"""The words that tell what a line of an address is: tables by language, and the languages that each country uses.

A language's tables hold regular expressions without groups, compared without regard to capitals. A country that is not
in `LANGUAGES` has no tables, and its addresses are read by `streets` alone.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from typing import Final

LANGUAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "AT": ("de",),
    "BE": ("nl", "fr", "de"),
    "CH": ("de", "fr", "it"),
    "DE": ("de",),
    "ES": ("es",),
    "FR": ("fr",),
    "GB": ("en",),
    "IE": ("en",),
    "IT": ("it", "de"),
    "LU": ("fr", "de"),
    "NL": ("nl",),
    "PL": ("pl",),
}
NUMBER_FIRST: Final = frozenset({"FR", "GB", "IE", "LU"})
"""Countries where the house number stands before the street's name."""
ALWAYS_TYPED: Final = frozenset({"ES", "FR", "GB", "IE", "IT"})
"""Countries where nearly every street has a word such as "rue" in its name, so that a line without one is none."""
UNTYPED: Final = frozenset({"AT", "BE", "CH", "DE", "FR", "GB", "IE", "LU", "NL", "PL"})
"""Countries where a name with a number ("Damrak 5", "Dorf 12") can be a whole address of a street."""

HOUSE_NUMBER: Final = (
    r"\d{1,4}(?: ?[a-z])?(?: ?(?:bis|ter|quater)\b)?(?: 1/2)?(?: ?[-/] ?\d{1,4}(?: ?[a-z])?){0,3}"
    r"(?:[-/ ](?:[a-z]|i{1,3}))?(?![^\W_])"
)
"""One house number with its addition: 12, 12a, 12 bis, 12-14, 4/2/14, 12/A, 12-III, 7 1/2."""
NO_NUMBER: Final = r"s\.? ?n\.? ?c\.?|s/n|z/n|s\.n\."
"""What stands in a number's place where the house has none (senza numero civico, sin número, zonder nummer)."""
NUMBER_SIGN: Final = r"nr\.?|n[.°º]?|n\.[°º]|no\.?|n[uú]m\.?|haus-?(?:nr\.?|nummer)|huisnummer|civico|número|numéro|#"
"""What may stand before a house number."""

# Street words that end a name: as its last syllable (Lindenstraße) or as a word (Grazer Ring). Words that only end
# alike are kept out: Catering, Käufer.
_STREET_ENDINGS: Final[Mapping[str, str]] = {
    "de": r"straße|strasse|strooss|str|weg|gasse|allee|platz|damm|(?<![aä])ufer|chaussee|steig|stieg|pfad|wall|graben|"
    r"zeile|promenade|twiete|(?<!bau)(?<!super)(?<!drogerie)(?<!getränke)markt|"
    r"(?<!cate)(?<!ginee)(?<!\bhe)(?<!sha)(?<!monito)(?<!factu)(?<!sp)(?<!\bst)ring",
    "nl": r"straat|laan|weg|gracht|plein|kade|dijk|singel|dreef|steeg|plantsoen|baan|(?<!i)pad|wal|"
    r"(?<!super)(?<!bouw)markt",
}
# Street words that begin a name.
_STREET_BEGINNINGS: Final[Mapping[str, str]] = {
    "fr": r"(?:grande?|petite|vieille|nouvelle|ancienne|haute|basse)[ '’-]?(?:rue|route|place)|"
    r"rue|avenue|av\.?|ave\.?|boulevard|b[lv]?v?d\.?|place|pl\.?|chemin|ch\.|chem\.|allées?|all\.|impasse|imp\.|"
    r"quai|route|rte\.?|cours|square|sq\.|passage|ruelle|sentier|chaussée|chée|faubourg|fbg|montée|esplanade|"
    r"promenade|traverse|venelle|rond-point|lieu-dit",
    "it": r"via|viale|v\.le|piazza|p\.?z?za|piazzale|p\.le|piazzetta|corso|c\.so|largo|vicolo|vic\.|strada|"
    r"lungomare|lungo\w+|salita|contrada|c\.da|borgo|località|loc\.|frazione|fraz\.|fondamenta|traversa",
    "es": r"calle|c/(?!o[ .:])|cl?\.|avenida|avda?\.?|av\.?|plaza|pza\.?|pl\.?|paseo|p\.?º|carretera|ctra\.?|camino|"
    r"cno\.?|ronda|travesía|glorieta|rambla|carrer|avinguda|plaça|passeig|rúa|praza|cuesta|callejón|alameda|gran vía|"
    r"pasaje|bulevar|senda",
    "pl": r"ul\.?|ulica|al\.|aleja|aleje|pl\.|plac|os\.|osiedle|rondo|skwer|bulwar|szosa|trakt|rynek",
}
# Words that end an English street's name; the second list is also that of houses, and counts behind a number only.
_ENGLISH_STREETS: Final = (
    r"street|st|road|rd|lane|ln|avenue|ave|close|drive|crescent|cres|gardens|gdns|grove|square|sq|terrace|row|mews|"
    r"boulevard|highway|embankment|parade"
)
_ENGLISH_PLACES: Final = (
    r"way|place|walk|hill|green|park|view|rise|quay|yard|gate|court|broadway|wharf|vale|path|circus|strand|common|"
    r"bank|mount|villas|cottages|end|fields?|meadows?|croft|lodge|brow|side|approach|drove|wynd|loan|brae"
)
# Names of streets that begin with the place where they lie. The words behind are no street's, but a part of a house.
_PLACE_WORDS: Final[Mapping[str, str]] = {
    "de": r"(?:am|an (?:der|den|dem)|auf (?:der|dem|den)|im|in (?:der|den|dem)|unter (?:der|dem|den)|zum|zur|hinter "
    r"(?:der|dem|den)|vor (?:der|dem|den)|beim|bei (?:der|dem|den)|über (?:der|dem|den))"
    r"(?! (?:hof|hinterhaus|vorderhaus|innenhof|haus|erdgeschoss|keller|dachgeschoss|empfang|eingang|büro|og|eg)\b)",
    "nl": r"(?:op|aan|achter|onder|in|bij|voor|tussen|buiten|binnen) (?:de|het|den|'t)"
    r"(?! (?:kelder|tuin|hal|balie|receptie)\b)",
}
# A floor may have its number in front, which is then no house number ("3 hoog").
_FLOORS: Final[Mapping[str, str]] = {
    "de": r"og|ug|eg|dg|stock|etage|(?:ober|erd|dach|unter|zwischen|keller)geschoss",
    "fr": r"étage|etage",
    "it": r"piano",
    "es": r"piso|planta",
    "nl": r"hoog|verdieping|etage",
    "pl": r"piętro",
    "en": r"floor|level",
}
_UNITS: Final[Mapping[str, str]] = {
    "de": r"hinterhaus|vorderhaus|hinterhof|"
    r"seitenflügel|gartenhaus|rückgebäude|wohnung|wohneinheit|whg\.?|apartment|appartement|app\.?|apt\.?|zimmer|zi\.|raum|"
    r"haus|gebäude|geb\.?|halle|tor|eingang|aufgang|stiege|top|tür|block|stellplatz|parzelle|links|rechts|innenhof|"
    r"abt\.?|abteilung|werk|lager|rampe|ebene|kostenstelle|station|flügel|bauteil|bau|gegensprechanlage|klingel|"
    r"klasse|gruppe|kurs|kasse|schalter|stand|gleis|kabine|postfach|kundennummer|bestellung|telefon|tel\.?",
    "fr": r"bâtiment|batiment|bât\.?|bat\.?|appartement|appt\.?|apt\.?|app\.?|escalier|esc\.?|porte|"
    r"résidence|residence|rés\.|immeuble|imm\.|entrée|hall|rez-de-chaussée|rdc|lot|boîte|boite|bte\.?|digicode|code|"
    r"interphone|tour|box|bureau \d+|chambre|service|cedex",
    "it": r"scala|sc\.|interno|int\.?|palazzina|pal\.|edificio|appartamento|app\.?|condominio|citofono|lotto|"
    r"capannone|isolato|reparto|ufficio \d+",
    "es": r"puerta|pta\.?|escalera|esc\.?|bloque|blq\.?|portal|bajo|bj\.?|ático|entresuelo|izq\w*\.?|"
    r"dcha\.?|derecha|urbanización|urb\.?|edificio|edif\.?|local|nave|polígono|pol\.|apto\.?|apartamento|casa|parcela|"
    r"oficina \d+|departamento|interior",
    "nl": r"hs|huis|bus|kamer|unit|appartement|app\.?|toren|blok|hal|begane grond|afdeling|afd\.|"
    r"links|rechts|ingang|poort|bg",
    "pl": r"m\.|mieszkanie|miesz\.|lok\.?|lokal|klatka|kl\.|budynek|bud\.|blok|wejście|domofon|segment|pokój|"
    r"dział|hala|brama|kod",
    "en": r"flat|apartment|apt\.?|unit|suite|room|block|basement|building|bldg\.?|annexe?|maisonette|"
    r"studio \d+|warehouse|department|dept\.?|buzzer|po box|class|team|desk",
}
_COUNTS: Final = (
    r"(?:\d{1,3} ?(?:[.ºª°]|er|re|ère|e|ème|eme|de|ste|o|a|st|nd|rd|th)? ?|"
    r"(?:first|second|third|fourth|fifth|top|ground|upper|lower|erste[rs]?|zweite[rs]?|premier|deuxième|primer|primo|"
    r"secondo|eerste|tweede|parter) )?"
)
CARE_OF: Final = re.compile(
    r"(?:"
    r"c ?/ ?o|z\. ?hd\.|z\.hd|zu händen|p\.? ?a\.|t\.a\.v\.|bei(?! (?:der|dem|den) )|chez|presso|u|attn\.?|"
    r"[aà] l'attention de)(?=[ .:]).*|c/o\S.*",
    re.IGNORECASE,
)
"""Fits a whole line that names somebody with whom the recipient can be reached."""

# The forms of companies, in the capitals that they are written in where a few letters could be something else, such
# as "EG" and "OG" for a floor.
_LEGAL_FORMS: Final = (
    r"(?<![\w.])(?:"
    r"(?i:g?gmbh|mbh|ges\.?m\.?b\.?h\.?|kgaa|ohg|gbr|partg(?:mbb)?|e\. ?k\.?|e\. ?kfm\.?|e\. ?v\.|e\. ?u\.|e\. ?g\.|"
    r"s\.? ?[àa]\.? ?r\.? ?l\.?|sàrl|sarl|sasu|eurl|selarl|asbl|sprl|bvba|cvba|vzw|"
    r"s\.r\.l\.s?\.?|srls?|s\.p\.a\.?|s\.n\.c\.?|s\.a\.s\.?|s\.l\.u?\.?|slu|s\.a\.u?\.?|s\.coop\.?|"
    r"b\.v\.?|n\.v\.?|v\.o\.f\.?|vof|sp\. ?z ?o\. ?o\.?|spółka|sp\. ?[kj]\.?|s\.c\.|s\.k\.a\.?|p\.?p?\.?h\.?u\.?|"
    r"ltd|limited|plc|llp|llc|inc|dac|clg|soc\. ?coop\.?|société|stichting|coöperatie|fundacja|stowarzyszenie|stiftung|"
    r"asociación|fundación|association|ditta|etablissements|établissements)|"
    r"(?<![\d.] )(?:AG|KG|UG|OG|SE|eG|eK|eV|SAS|SA|SNC|SCI|SCP|GIE|SL|BV|NV|CV|SRL|SAU|FHU|PHU)"
    r")(?!\w)|"
    r"(?i:(?<= )(?:&|und|et|e|y|i|en|and) "
    r"(?:co|cie|söhne|sons|fils|figli|hijos|zonen|zn|associés|partners?|synowie)(?!\w))"
)
_LOWER_FORMS: Final = r"(?<=\w )(?:snc|sas|srl|spa|sl|sa|bv|nv|ag|kg)$"
# Words of trades and houses that people call themselves by, often with a number ("Hotel 1770", "Studio 54").
_TRADES: Final = (
    r"\b(?:\w*(?:praxis|praktijk|bäckerei|metzgerei|apotheke|werkstatt|tischlerei|buchhandlung|schule)|physio\w*|"
    r"fysio\w*|zahnarzt|tandarts\w*|dr\.|"
    r"hotel|hôtel|hostal|albergo|gasthof|gasthaus|pension|restaurant|ristorante|restaurante|restauracja|trattoria|pizzeria|"
    r"café|cafe|bar|pub|inn|bistro|autohaus|autobedrijf|kfz|garage|officina|taller(?:es)?|kanzlei|cabinet|kancelaria|büro|"
    r"kantoor|biuro|studios?|estudio|salon|kapsalon|peluquería|friseur|kita|kindergarten|school|école|lycée|scuola|colegio|"
    r"szkoła|klinik|clinic|clinique|clínica|krankenhaus|hospital|surgery|firma|fa\.|agentur|agence|verlag|institut|"
    r"universität|university|college|zentrum|center|centre|centro|club|verein|rathaus|mairie|sparkasse|bank|filiale|laden|"
    r"shop|store|sklep|winkel|negozio|tienda|boutique|magasin|tankstelle|spedition|boulangerie|pharmacie|pharmacy|farmacia|"
    r"apteka|apotheek|librairie|tabac|azienda|agriturismo|empresa|gimnasio|gym|bakkerij|bakery|piekarnia|warsztat|gabinet|"
    r"przychodnia|hurtownia|church|dental|services|solutions|ets|sté|kontor|(?:mode|möbel|kauf|reform|schuh|brau|kaffee|ärzte)haus|familie|family|famille|famiglia|familia)"
    r"(?!\w)"
)

# Words between a street word and a number that belong to a date: "rue du 8 mai", "Plaza 2 de Mayo".
FILLERS: Final = frozenset({"de", "du", "des", "del", "della", "dell", "la", "le", "les", "di", "den", "der", "the"})
# Whole words, for a town that stands behind the number may begin like a month: Augsburg, Mainz, Marseille, Genova.
MONTHS: Final = (
    r"(?:de |d')?(?:jan(?:uar[iy]?|vier)?|jänner|ene(?:ro)?|gen(?:naio)?|stycz(?:eń|nia)|"
    r"feb(?:ruar[iy]?|rero|braio)?|fév(?:r(?:ier)?)?|lut(?:y|ego)|mar(?:ch|s|zo|zec|ca)?|märz?|maart|"
    r"apr(?:il[ei]?)?|avr(?:il)?|abr(?:il)?|kwie(?:cień|tnia)|mai|mayo?|mag(?:gio)?|mei|maja?|"
    r"jun[ei]?|juin|junio|giu(?:gno)?|czerw(?:iec|ca)|jul[iy]?|juil(?:let)?|julio|lug(?:lio)?|lip(?:iec|ca)|"
    r"aug(?:ust(?:us)?)?|août|ago(?:sto)?|sierp(?:ień|nia)|sept?|septem(?:ber|bre)|septiembre|set(?:tembre|iembre)?|"
    r"wrze(?:sień|śnia)|o[ck]t(?:ober)?|octobre|octubre|ott(?:obre)?|październik(?:a)?|"
    r"nov(?:em(?:ber|bre)|iembre)?|listopada?|de[cz](?:ember)?|déc(?:embre)?|dic(?:embre|iembre)?|grud(?:zień|nia))"
    r"\.?(?!\w)"
)


class Tables:
    """A country's patterns. Each is compiled when it is first asked for, which most orders never do.

    None stands where the country's languages have no such words.
    """

    def __init__(self, country: str) -> None:
        self._languages = LANGUAGES.get(country, ())
        endings, beginnings = _joined(_STREET_ENDINGS, self._languages), _joined(_STREET_BEGINNINGS, self._languages)
        self._ends = rf"(?:{endings})(?![^\W\d_])\.?" if endings else ""
        # In Spain "c/" is short for "calle".
        self._begins = rf"(?:{beginnings})(?:(?<=/)|(?<=\.)|(?!\w)(?:[. ]|$))" if beginnings else ""

    @cached_property
    def named(self) -> re.Pattern[str] | None:
        """Finds a street word where a name has it."""
        english = rf"\b(?:{_ENGLISH_STREETS})\.?$" if "en" in self._languages else ""
        return _compile("|".join(filter(None, (self._ends, self._begins and f"^{self._begins}", english))))

    @cached_property
    def endings(self) -> re.Pattern[str] | None:
        """Finds a street word that ends a name, behind which the number stands."""
        return _compile(self._ends)

    @cached_property
    def beginnings(self) -> re.Pattern[str] | None:
        """Finds a street word that begins a name."""
        return _compile(self._begins and rf"(?<!\w){self._begins}")

    @cached_property
    def english(self) -> re.Pattern[str] | None:
        """Finds an English street with its number."""
        return _compile(_english_street() if "en" in self._languages else "")

    @cached_property
    def place(self) -> re.Pattern[str] | None:
        """Matches a street that is called after where it lies, with its number."""
        places = _joined(_PLACE_WORDS, self._languages)
        return _compile(places and rf"(?:{places}) [^\d]{{2,}}?,? {HOUSE_NUMBER}(?=$|[ ,;/(])")

    @cached_property
    def unit(self) -> re.Pattern[str] | None:
        """Fits a whole line that is a part of a house. English words for one are written everywhere."""
        return _compile(_unit(dict.fromkeys((*self._languages, "en"))) if self._languages else "")


@cache
def tables_of(country: str) -> Tables:
    """The country's tables."""
    return Tables(country)


@cache
def unit_of_any_language() -> re.Pattern[str]:
    """Fits a whole line that is a part of a house in one of the languages."""
    return re.compile(_unit(_UNITS), re.IGNORECASE)


def says_company(text: str) -> bool:
    """Whether the text has the legal form of a company, an association or a partnership in it."""
    return bool(_companies().search(text))


def says_trade(text: str) -> bool:
    """Whether the text has a word by which shops, practices, inns and households call themselves."""
    return bool(_trades().search(text))


@cache
def _companies() -> re.Pattern[str]:
    return re.compile(f"{_LEGAL_FORMS}|{_LOWER_FORMS}")


@cache
def _trades() -> re.Pattern[str]:
    return re.compile(_TRADES, re.IGNORECASE)


def _unit(languages: Iterable[str]) -> str:
    spoken = tuple(languages)
    words = rf"(?:{_COUNTS}(?:{_joined(_FLOORS, spoken)})|{_joined(_UNITS, spoken)})(?![^\W\d_]).*"
    return rf"{words}|\d{{1,2}} ?[ºª°](?: ?\w{{1,4}}\.?)?" if "es" in spoken else words


def _english_street() -> str:
    before = rf"(?<![\w/-]){HOUSE_NUMBER},? (?:[^\d,;]{{1,40}}? )(?:{_ENGLISH_STREETS}|{_ENGLISH_PLACES})(?!\w)"
    return rf"{before}|[^\W\d_]{{2}} (?:{_ENGLISH_STREETS})\.?,? {HOUSE_NUMBER}$"


def _joined(table: Mapping[str, str], languages: Iterable[str]) -> str:
    return "|".join(table[language] for language in languages if language in table)


def _compile(pattern: str) -> re.Pattern[str] | None:
    return re.compile(pattern, re.IGNORECASE) if pattern else None
