"""How carriers look that Amazon is told of as `Other`: to a program, and to a person who may know their code."""

from collections.abc import Mapping

import msgspec

from amzlink.amazon.carriers import nearest_code
from amzlink.cli.shell.console import Console
from amzlink.cli.views.words import by_number
from amzlink.problems.shipments import set_carrier_command


class OtherCarrier(msgspec.Struct, frozen=True, kw_only=True):
    """A carrier that goes as `Other`, with how many parcels, and the command that gives it one of Amazon's codes.

    `code` is the one that may be meant, as far as the names tell.
    """

    carrier: str
    parcels: int
    code: str | None
    command: str


def other_carriers(console: Console, store: str, carriers: Mapping[str, int]) -> list[OtherCarrier]:
    """Carriers that go as `Other`, the most frequent first. Where Amazon's list has one much like it, that is meant."""
    option = console.option_of(store)
    return [
        OtherCarrier(
            carrier=name,
            parcels=count,
            code=(code := nearest_code(name)),
            command=set_carrier_command(name, code, option),
        )
        for name, count in sorted(carriers.items(), key=lambda item: (-item[1], item[0]))
    ]


def tell_other(other: OtherCarrier) -> str:
    """What a person can do about a carrier that goes as `Other`."""
    parcels = by_number(other.parcels, "1 parcel goes", f"{other.parcels} parcels go")
    what = f"{parcels} to Amazon with the carrier Other, as {other.carrier}."
    if other.code is None:
        return f"{what} If Seller Central lists this carrier, run `{other.command}` with its spelling there as CODE."
    return f"{what} Amazon may list it as {other.code}: `{other.command}`."
