"""Setting up a store: which store, and its settings."""

from collections.abc import Sequence
from typing import Final

from amzlink.problems.entry import Entry, Exit, store_option
from amzlink.problems.names import ProblemName

AREA: Final = "Set-up"

ENTRIES: Final = {
    ProblemName.NO_STORE: Entry(
        title="No store is connected",
        what="No store {named}is connected.{meant}",
        why="amzlink looked for it in {file}.",
        next_step="Run `amzlink connect` to connect one. If one is connected already, paste here the lines that `amzlink connect` showed. Or use the user, or the AMZLINK_HOME, with which it was connected. If connecting fails, `amzlink verify --bundle support.zip` writes a file for support.",
        next_step_exactly="Connected stores: {advice}. Use one of these names, or run `amzlink connect` to connect another. If that fails, `amzlink verify --bundle support.zip` writes a file for support.",
        exit_code=Exit.CONFIGURATION,
        checks=("config",),
    ),
    ProblemName.WHICH_STORE: Entry(
        title="More than one store is connected",
        what="More than one store is connected, and no store was named: {detail}.",
        why="amzlink does not guess which store you mean.",
        next_step="Add the option `--store` with one of these names, for example `--store {example}`. Commands that run by themselves, and `status`, take `--all-stores` too. `amzlink stores default {example}` makes a store the default.",
        exit_code=Exit.CONFIGURATION,
        checks=("config",),
    ),
    ProblemName.CONFIG_INVALID: Entry(
        title="The configuration cannot be used",
        what="The configuration in {file} cannot be used: {detail}.",
        why="The file was edited or damaged.",
        next_step="Correct it. If you cannot, move the file away and run `amzlink connect` again: orders and secrets stay where they are.",
        exit_code=Exit.CONFIGURATION,
        checks=("config",),
    ),
    ProblemName.ENVIRONMENT_INVALID: Entry(
        title="A variable of the environment cannot be used",
        what="The variable {variable} cannot be used: {detail}.",
        why="It is set in the shell, the crontab, the service or the system that starts amzlink.",
        next_step="Correct {variable} where it is set, or remove it there.",
        exit_code=Exit.CONFIGURATION,
        checks=("config", "keyring", "network", "sendcloud-access", "vault"),
    ),
    ProblemName.NOTIFY_FAILED: Entry(
        title="The program for alarms failed",
        what="The program {program} did not take a message: {detail}.",
        why="`[notify] command` in config.toml names the program. amzlink hands it the problem as JSON on standard input.",
        next_step="Run the program by hand with the same user. `amzlink explain settings` shows what it gets.",
        exit_code=Exit.CONFIGURATION,
        severity="warning",
    ),
    ProblemName.REGION_MIXED: Entry(
        title="One store with countries of several regions",
        what="{detail} are in different Amazon regions.",
        why="One authorisation covers the marketplaces of one region: North America, Europe or Far East. So each region needs its own store.",
        next_step="Connect one store per region with `amzlink connect`, each with its own refresh token.",
        exit_code=Exit.USAGE,
        checks=("config",),
    ),
}


def country_misspelt(*, text: str, meant: str) -> str:
    """A country that is nearly one with a marketplace."""
    return f"There is no “{text}”. Did you mean {meant}?"


def country_without_marketplace(*, text: str, codes: str) -> str:
    """A country, or a text that is none."""
    return f"“{text}” is not a country with an Amazon marketplace. These are: {codes}."


def not_offered(*, codes: str) -> str:
    """A country that cannot be added here."""
    return f"Please choose from {codes}."


def integration_not_a_number(*, text: str) -> str:
    """An integration of Sendcloud's that is no number."""
    return f"“{text}” is no integration of Sendcloud: it is a number, and it follows from the keys if you leave it out."


def slug_malformed(*, slug: str) -> str:
    """A short name that cannot be one."""
    return f"--store {slug} cannot be used: a short name has a-z, 0-9 and single hyphens, and 40 characters at most."


# What tells a store from the account that is being connected, fit to follow its short name.

IS_A_TEST_STORE: Final = "is a test store"


def is_a_real_store(*, variables: str) -> str:
    """A real store, while the environment sends calls elsewhere."""
    return f"is a real store, and one of {variables} is set"


def connected_with_sandbox(*, sandbox: bool) -> str:
    """A store of Amazon's own sandbox, or one that is none."""
    return f"was connected {'with' if sandbox else 'without'} --amazon-sandbox"


def has_seller_id(*, seller_id: str) -> str:
    """A store of another seller."""
    return f"has the Seller ID {seller_id}"


def is_in_another_region(*, country: str) -> str:
    """A store of another region."""
    return f"is in another region ({country})"


def slug_of_another_account(*, slug: str, reason: str) -> str:
    """A short name that another account has."""
    return (
        f"The store {slug} {reason}, so this account cannot take its place. Choose another --store, or run "
        f"`amzlink disconnect --store {slug}` first."
    )


def slug_of_kept_orders(*, slug: str) -> str:
    """A short name under which the order book keeps orders of another account."""
    return (
        f"The order book still has orders of another account under the name {slug}, kept when that account was "
        "disconnected. Nothing was stored."
    )


def slug_on_another_machine(*, slug: str) -> str:
    """A short name under which another machine has another account in the order book that they share."""
    return f"Another machine has connected another account to this order book as {slug}. Nothing was stored."


def connected_under_another_slug(*, slug: str, wanted: str) -> str:
    """An account that would be connected twice."""
    return (
        f"This account is connected already as the store {slug}. Connecting it as {wanted} too would import and "
        "confirm every order twice. Nothing was stored."
    )


def update_connected(*, slug: str) -> str:
    """What to do about that."""
    return f"Run `amzlink connect{store_option(slug)}` to update the store {slug}."


ANOTHER_SHORT_NAME: Final = "Run the same command again with another short name after --store."


def secret_given_twice(*, secret: str, variable: str) -> str:
    """A secret that is given although the environment gives another one."""
    return (
        f"The {secret} is given, but this machine's environment gives another one for this store ({variable}, its "
        "_FILE, or systemd's credentials), and that one is used. Remove one of the two."
    )


KEYS_WITHOUT_DESTINATION: Final = (
    "Sendcloud's keys are given, but not that the orders go there: add --destination sendcloud, or leave the keys out."
)
SECRET_KEY_NOT_USED: Final = "The Sendcloud secret key is not stored, because --destination is none."
NOT_PROVED: Final = (
    "Nothing was stored. Run the same command again later. With `--no-verify` it stores the link unproved."
)
QUOTA_BEFORE_PROOF: Final = "Each app may make only so many calls per account and hour."
INTEGRATION_MISSING: Final = "--sendcloud-integration-id is missing: with --no-verify nobody asks Sendcloud for it."
RENEW_TAKES_NO_SETTINGS: Final = (
    "--renew replaces secrets and nothing else. `amzlink stores set KEY=VALUE` changes settings."
)
NO_SECRETS_TO_RENEW: Final = "--secrets-from is missing, and there is no terminal to ask at."


def answers_missing(*, options: str) -> str:
    """What has to be given where nobody can be asked."""
    return f"Missing: {options}."


def secrets_key_unknown(*, key: str, known: str) -> str:
    """A key that the file of secrets cannot have."""
    return f"“{key}” is not one of {known}"


def secrets_key_no_text(*, key: str) -> str:
    """A value in the file of secrets that is no text."""
    return f"“{key}” is no text"


# What can be wrong in config.toml. Several of these are joined with semicolons.

STORES_ARE_NO_TABLE: Final = "stores: it has to be a table, such as [stores.my-shop]"


def setting_missing(*, setting: str) -> str:
    """A setting that a table needs."""
    return f"{setting} is missing"


def setting_invalid(*, setting: str, reason: str) -> str:
    """A value that a setting cannot have; `reason` says why, or what it can be."""
    return f"{setting}: {reason}"


A_BOOLEAN: Final = "it has to be true or false"
A_WHOLE_NUMBER: Final = "it has to be a whole number"
A_TEXT: Final = 'it has to be a text in quotation marks, such as "my-shop"'
A_LIST: Final = 'it has to be a list of texts, such as ["first", "second"]'
A_TABLE: Final = "it has to be a table"
A_TEXT_OR_TABLE: Final = "it has to be a text in quotation marks, or a table of such texts"


def one_of(choices: Sequence[str]) -> str:
    """The values that a setting can have."""
    return f"it can be {', '.join(choices)}"


def setting_out_of_range(*, setting: str, least: int, most: int) -> str:
    """A number that the setting cannot have."""
    return f"{setting}: it has to be between {least} and {most}"


def slug_invalid(*, slug: str) -> str:
    """A table's name that is no store's short name."""
    return f"stores.{slug}: a store's short name can have a-z, 0-9 and -"


def carrier_invalid(*, setting: str, name: str) -> str:
    """A line of a store's own carriers that cannot be used."""
    return f"{setting}: the name, the code and the method of “{name}” need visible characters, 100 at most"


def carrier_twice(*, setting: str) -> str:
    """Two lines of a store's own carriers for one name."""
    return f"{setting}: a name is there twice; capitals and spaces do not count"


CARRIER_NAME_MISSING: Final = (
    "A name is missing after carrier. Give it as Sendcloud or your file spells it: carrier.NAME=CODE."
)
CARRIER_UNUSABLE: Final = "A carrier's name, code and method need visible characters, 100 at most."


def carrier_not_set(*, name: str, known: Sequence[str]) -> str:
    """A carrier that is to be taken away and is not there."""
    there = f"It has: {', '.join(known)}." if known else "It has none."
    return f"The store has no carrier {name!r} of its own. {there}"


def retention_days_invalid(*, days: int, most: int) -> str:
    """`days` under `[retention]`."""
    return f"retention.days: {days} is not possible, Amazon allows 1 to {most} days"


RETENTION_COUNTS_FROM_INVALID: Final = 'retention.counts_from: it has to be "delivery" or "shipment"'


def unknown_delivery_days_invalid(*, most: int) -> str:
    """`unknown_delivery_days` under `[retention]`."""
    return f"retention.unknown_delivery_days: it has to be 0 to {most}"


ORDER_MONTHS_INVALID: Final = "retention.order_months: it has to be between 1 and 1200"


def country_unknown(*, slug: str, country: str) -> str:
    """A country in the settings that has no marketplace."""
    return f"stores.{slug}.country: “{country}” has no Amazon marketplace"


def marketplaces_elsewhere(*, slug: str, country: str, ids: Sequence[str]) -> str:
    """Marketplaces in the settings that are not of the region of the store's country."""
    return f"stores.{slug}.marketplace_ids: not of the region of {country}: {', '.join(ids)}"


def marketplaces_missing(*, slug: str) -> str:
    """No marketplace in the settings."""
    return f"stores.{slug}.marketplace_ids: at least one is needed"


CLOCK_OFFSET_NOT_SECONDS: Final = "it has to be a number of seconds"
ENDPOINT_NOT_ACCEPTED: Final = "an endpoint has to be https, or http to this machine"

# Refusals of `stores set`.


def not_an_assignment(*, text: str) -> str:
    """Something that is not `KEY=VALUE`."""
    return f"“{text}” is not a setting. Write KEY=VALUE, for example import_weights=false, in quotes if there is a space in it."


def setting_twice(*, key: str) -> str:
    """A setting that one command is to change twice."""
    return f"{key} is given twice."


MARKETPLACE_MISSING: Final = "A store needs at least one marketplace."


def marketplace_unknown(*, text: str, countries: str) -> str:
    """Neither a country nor a marketplace id."""
    return f"“{text}” is not a country with an Amazon marketplace, and not a marketplace id. Countries are {countries}."


def program_not_started(*, reason: str) -> str:
    """The merchant's program for alarms, where the system does not start it."""
    return f"it could not be started ({reason})"


def program_too_slow(*, seconds: int) -> str:
    """The merchant's program for alarms, where it does not end in time."""
    return f"it did not end within {seconds} seconds"


def program_failed(*, code: int) -> str:
    """The merchant's program for alarms, where it ends with an error of its own."""
    return f"it ended with code {code}"
