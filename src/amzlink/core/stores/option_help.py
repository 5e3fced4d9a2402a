"""The lines of help of the options that answer what `connect` asks.

They are a part of the table of questions, and stand apart because every start of amzlink reads them.
"""

from typing import Final

HELP: Final = {
    "--secrets-to": "Write the secrets to files in this folder, on a machine without a keyring.",
    "--name": "Your name for the store.",
    "--country": "Where you sell, such as DE. Give it again for more countries of the same region.",
    "--seller-id": "Your Merchant Token in Seller Central.",
    "--client-id": "The client ID of your app.",
    "--import-weights/--no-import-weights": "Whether to read weights from your listings at Amazon.",
    "--update-status-when": "When to confirm a shipment to Amazon: with its label, or with the carrier's first scan.",
    "--destination": "Where to send the orders.",
    "--sendcloud-public-key": "The public key of an integration of the kind Sendcloud API.",
    "--sendcloud-integration-id": "The number of that integration. It follows from the keys if left out.",
}
