"""By which names the columns of a file of shipments go, in the files of Amazon, Sendcloud and common shop systems.

Names that mean different things in different files are left out: an "item id" or a "status" of a shop is not Amazon's,
a "barcode" may be the product's.

Source: docs/services/amazon.md, "Files from Seller Central", for Amazon's own.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

CARRIER_CODE: Final = "carrier-code"
"""Amazon's own. Its value `Other` says that the name stands in `carrier-name`."""

COLUMN_NAMES: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "order_id": (
            "amazon order id", "amazon order number", "order number", "order no", "order nr", "order #",
            "order reference", "external order id", "external order number", "marketplace order id",
            "channel order id", "sales order number", "purchase order number",
            "Bestellnummer", "Bestell-Nr.", "Bestell-ID", "Amazon-Bestellnummer", "Auftragsnummer", "Auftrags-Nr.",
            "externe Bestellnummer", "externe Auftragsnummer", "Marktplatz-Bestellnummer",
            "bestelnummer", "bestelnr", "bestelling", "ordernummer", "order-ID Amazon",
            "numéro de commande", "n° de commande", "n° commande", "référence commande", "référence de commande",
            "id commande", "commande",
            "numero ordine", "numero d'ordine", "n. ordine", "id ordine", "riferimento ordine", "ordine",
            "número de pedido", "nº de pedido", "n.º pedido", "nº pedido", "id de pedido", "id pedido",
            "referencia del pedido", "pedido",
            "numer zamówienia", "nr zamówienia", "id zamówienia",
            "beställningsnummer", "orderreferens",
            "sipariş numarası", "sipariş no",
        ),
        "carrier": (
            CARRIER_CODE, "carrier-name", "courier", "courier name", "shipping carrier", "tracking carrier",
            "shipping company", "shipping provider", "shipping partner", "logistics provider", "parcel service",
            "Versanddienstleister", "Versandunternehmen", "Versandpartner", "Transporteur", "Transportunternehmen",
            "Paketdienst", "Paketdienstleister", "Spediteur", "Spedition", "Zusteller", "Zustelldienst", "Logistiker",
            "vervoerder", "vervoersbedrijf", "bezorgdienst", "verzendpartner", "pakketdienst",
            "transporteur nom", "nom du transporteur", "société de transport", "livreur",
            "corriere", "nome corriere", "vettore", "spedizioniere",
            "transportista", "empresa de transporte", "agencia de transporte", "mensajería",
            "przewoźnik", "kurier", "firma kurierska",
            "transportör", "fraktbolag", "fraktföretag",
            "kargo firması", "kargo şirketi", "taşıyıcı",
        ),
        "tracking_number": (
            "tracking", "tracking no", "tracking nr", "tracking #", "tracking code", "tracking id",
            "tracking reference", "shipment tracking number", "track and trace", "track & trace",
            "track and trace number", "track and trace code", "track & trace code", "awb", "awb number",
            "air waybill", "waybill number", "consignment number", "parcel number",
            "Sendungsnummer", "Sendungs-Nr.", "Sendungsverfolgungsnummer", "Sendungsverfolgung", "Sendungscode",
            "Trackingnummer", "Tracking-Nr.", "Paketnummer", "Paket-Nr.", "Paketscheinnummer", "Identcode",
            "trackingcode", "track en trace", "track en trace code", "track & trace nummer", "zendingsnummer",
            "pakketnummer",
            "numéro de suivi", "n° de suivi", "n° suivi", "code de suivi", "numéro de colis", "n° de colis",
            "numero di tracking", "numero tracking", "codice tracking", "numero di tracciamento",
            "codice di tracciamento", "numero di spedizione", "numero spedizione", "lettera di vettura",
            "número de seguimiento", "nº de seguimiento", "nº seguimiento", "código de seguimiento",
            "número de tracking", "localizador",
            "numer przesyłki", "nr przesyłki", "numer śledzenia", "numer listu przewozowego",
            "spårningsnummer", "kollinummer", "kolli-id", "sändningsnummer",
            "takip numarası", "takip no", "kargo takip numarası", "kargo takip no",
        ),
        "ship_date": (
            "shipped date", "shipping date", "shipment date", "shipped at", "shipped on", "date shipped",
            "dispatch date", "dispatched at", "dispatched on", "date of shipment", "fulfilment date",
            "fulfillment date",
            "Versanddatum", "Versandtag", "Versendet am", "Versandt am", "Verschickt am", "Versandzeitpunkt",
            "verzenddatum", "verzendatum", "verzonden op", "datum verzending",
            "date d'expédition", "date expédition", "date d'envoi", "date envoi", "expédié le", "envoyé le",
            "data di spedizione", "data spedizione", "data di invio", "data invio", "spedito il",
            "fecha de envío", "fecha envío", "fecha del envío", "fecha de expedición", "enviado el",
            "data wysyłki", "data nadania", "wysłano",
            "avsändningsdatum", "skickat datum", "skickad", "fraktdatum",
            "gönderim tarihi", "kargo tarihi",
        ),
        "service": (
            "ship-method", "shipping method", "shipping service", "shipping option", "delivery method",
            "carrier service",
            "Versandart", "Versandmethode", "Versandservice",
            "verzendmethode", "verzendwijze",
            "mode d'expédition", "mode de livraison", "méthode d'expédition", "mode d'envoi",
            "metodo di spedizione", "metodo spedizione", "servizio di spedizione",
            "método de envío", "modo de envío", "servicio de envío",
            "sposób wysyłki", "metoda wysyłki",
            "fraktsätt", "leveranssätt",
            "kargo yöntemi", "gönderim yöntemi",
        ),
        "order_item_id": (
            "amazon order item id", "amazon order item code", "order item code", "order item number",
            "Bestellpositions-ID",
        ),
        "quantity": (
            "qty", "quantity shipped", "shipped quantity", "qty shipped",
            "Menge", "versandte Menge", "aantal", "hoeveelheid", "quantité", "quantité expédiée", "quantità",
            "cantidad", "ilość", "antal", "miktar",
        ),
        "transparency_codes": ("transparency code", "transparency"),
    }
)  # fmt: skip
"""Further names by column. Capitals, accents, spaces and signs do not count."""
