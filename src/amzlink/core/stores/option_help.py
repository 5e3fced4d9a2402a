"""The lines of help of the options that answer what `connect` asks.

They are a part of the table of questions, and stand apart because every start of amzlink reads them.
"""

from typing import Final

HELP: Final = {
    "--name": "What you call the store.",
    "--country": "Where you sell; repeatable within a region.",
    "--seller-id": "Seller Central's Merchant Token.",
    "--client-id": "Your app's client id.",
    "--import-weights/--no-import-weights": "Read weights from the listings.",
    "--update-status-when": "When a shipment is confirmed to Amazon.",
    "--destination": "Where orders go on; none if not said.",
    "--sendcloud-public-key": "Of an integration of the kind Sendcloud API.",
    "--sendcloud-integration-id": "Follows from the keys if left out.",
}
