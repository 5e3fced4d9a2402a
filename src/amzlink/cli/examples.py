"""What help shows beside a command's own text: examples, and the pages that tell more.

They are a table of their own, because a decorator is no place to read them in a row.
"""

from collections.abc import Mapping, Sequence
from typing import Final

_Row = tuple[str, str]
"""A command line, and what it does."""

EXAMPLES: Final[Mapping[str, Sequence[_Row]]] = {
    "amzlink": (
        ("amzlink demo", "See it first: a made-up shop, no account needed."),
        ("amzlink connect", "Connect your shop. Answer a question with ? to have it explained."),
        ("amzlink import-orders", "Import the orders. Do this again, by hand or by a timer, as often as you like."),
    ),
    "connect": (
        ("amzlink connect", "Answer the questions one by one."),
        ("amzlink connect --renew --store my-shop", "Give the store my-shop a new client secret and refresh token."),
    ),
    "disconnect": (
        ("amzlink disconnect --store my-shop", "Remove the store my-shop. It asks before it deletes anything."),
    ),
    "stores": (
        ("amzlink stores list", "Show which stores are connected."),
        ("amzlink stores set hold_missing_weight=true", "Put orders on hold whose weight is not known."),
    ),
    "stores list": (("amzlink stores list", "Show every store with its short name."),),
    "stores show": (("amzlink stores show --store my-shop", "Show the settings of the store my-shop."),),
    "stores set": (
        ("amzlink stores set update_status_when=announced", "Confirm a shipment as soon as it has a label."),
        ("amzlink stores set hold_missing_weight=yes default_weight_grams=500", "Change two settings at once."),
        ('amzlink stores set "name=My Shop" --store my-shop', "Give a store another name."),
    ),
    "stores default": (("amzlink stores default my-shop", "Commands without --store use my-shop from now on."),),
    "schedule": (
        ("amzlink schedule install", "Run amzlink every 15 minutes. It shows what it will write, and asks."),
        ("amzlink schedule show", "Show when each job ran last, and when it runs next."),
    ),
    "schedule install": (
        ("amzlink schedule install", "Run amzlink every 15 minutes."),
        ("amzlink schedule install --every 1h", "Run it once an hour."),
        ("amzlink schedule install --dry-run", "Show what would be written, and write nothing."),
    ),
    "schedule show": (("amzlink schedule show", "Show when each job ran last, and when it runs next."),),
    "schedule remove": (("amzlink schedule remove", "Stop running amzlink by itself."),),
    "database": (
        ("amzlink database migrate --to postgresql://amzlink@db.example/amzlink", "Move the order book to a server."),
    ),
    "database migrate": (
        ("amzlink database migrate --to postgresql://amzlink@db.example/amzlink", "Move the order book to a server."),
        (
            "amzlink database migrate --to postgresql://amzlink@db.example/amzlink --dry-run",
            "See whether the database is ready for it. Nothing is changed.",
        ),
    ),
    "import-orders": (
        ("amzlink import-orders", "Import what is new or changed since the last run."),
        ("amzlink import-orders --since 7d --dry-run", "Show what a week's orders would change. Nothing is stored."),
        ("amzlink import-orders --order 302-1234567-1234567", "Import one order, whatever its age."),
        ("amzlink import-orders --addresses unshipped.txt", "Read missing addresses from Seller Central's file."),
        ("amzlink import-orders --all-stores --jobs 4", "Import all stores, four at once."),
    ),
    "push-status": (
        ("amzlink push-status", "Confirm the parcels that Sendcloud knows of."),
        ("amzlink push-status --from parcels.csv", "Confirm the parcels in a file."),
    ),
    "check-weights": (
        ("amzlink check-weights", "Show products in open orders that have no weight."),
        ("amzlink check-weights --set MUG-RED=0.45kg", "Set the weight of one product."),
        ("amzlink check-weights --output weights.csv", "Write a table to fill in. --from reads it back."),
    ),
    "purge-pii": (
        ("amzlink purge-pii --dry-run", "Show whose data would be deleted today."),
        ("amzlink purge-pii --order 302-1234567-1234567", "Delete one buyer's data now. It asks first."),
    ),
    "status": (("amzlink status --all-stores", "Show how all stores are doing."),),
    "orders": (
        ("amzlink orders list", "Show the orders, the most urgent first."),
        ("amzlink orders show 302-1234567-1234567", "Show one order."),
    ),
    "orders list": (
        ("amzlink orders list --overdue", "Show which orders are late."),
        ("amzlink orders list --status UNSHIPPED --due-before tomorrow", "Show what has to go by tomorrow night."),
        ("amzlink orders list --held prime", "Show the Prime orders on hold. Without `prime`: all orders on hold."),
    ),
    "orders show": (
        ("amzlink orders show 302-1234567-1234567", "Show what became of an order."),
        ("amzlink orders show 302-12", "The same, by the beginning of its number."),
    ),
    "orders export": (
        ("amzlink orders export --output orders.csv", "Write a file for a spreadsheet, without personal data."),
    ),
    "orders hold": (("amzlink orders hold 302-1234567-1234567", "Do not send this order to Sendcloud."),),
    "orders release": (("amzlink orders release 302-1234567-1234567", "Send this order to Sendcloud after all."),),
    "verify": (
        ("amzlink verify", "Test the connection step by step."),
        ("amzlink verify --all-stores", "Test every store. One that works is one line."),
        ("amzlink verify --bundle support.zip", "Also write a file for support. It contains no secret."),
    ),
    "explain": (
        ("amzlink explain authorisation-revoked", "Explain the name at the end of a message."),
        ("amzlink explain --schema orders-list", "Print a JSON Schema, for programs that read --json."),
        ("amzlink explain servers", "Read about running without a keyring, and regularly."),
    ),
    "demo": (("amzlink demo", "Watch each command at work. It takes about a minute."),),
    "sandbox": (
        ("amzlink sandbox --orders 50 --fault throttled", "Try out what happens when Amazon's quota is used up."),
    ),
}
"""By the command, without the program's name; `amzlink` is the first page."""

READ_ON: Final[Mapping[str, Sequence[str]]] = {
    "connect": ("servers", "data-protection"),
    "stores show": ("servers",),
    "import-orders": ("servers", "addresses"),
    "push-status": ("push-status", "servers"),
    "check-weights": ("weights",),
    "purge-pii": ("data-protection",),
    "orders export": ("data-protection",),
    "explain": ("environment", "exit-codes", "schemas"),
}
"""Topics of `explain`, by the command."""

WHERE_TO_READ_ON: Final[Sequence[_Row]] = (
    ("amzlink COMMAND --help", "The options of a command, with an example."),
    ("amzlink explain NAME", "What a message means. Each message ends with its name."),
    ("amzlink explain --list", "All names, and all pages."),
    ("amzlink explain environment", "The environment variables."),
    ("amzlink explain exit-codes", "The exit codes."),
    ("amzlink explain schemas", "What --json prints."),
)
