"""How a command is used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from amzlink.problems.entry import Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Usage"

ENTRIES: Final = {
    ProblemName.USAGE: Entry(
        title="The command was not understood",
        what="{detail}",
        why="An option or an argument is missing, misspelt, or has a value that is not allowed.",
        next_step="Run `{command} --help` to see the options.",
        next_step_exactly="{advice}",
        exit_code=Exit.USAGE,
    ),
    ProblemName.INPUT_MALFORMED: Entry(
        title="A file that you gave cannot be used",
        what="{file} cannot be used: {detail}.",
        why="It is not there, may not be read, or does not have the form that this command reads.",
        next_step="Check its name and folder, and what is in it. `amzlink explain push-status`, `amzlink explain weights` and `amzlink explain addresses` show the forms.",
        next_step_exactly="{advice}",
        exit_code=Exit.BAD_INPUT,
    ),
    ProblemName.INTERRUPTED: Entry(
        title="Interrupted",
        what="The command was interrupted.",
        why="Ctrl-C was pressed, or the input ended. {safe}",
        next_step="{again}",
        exit_code=Exit.INTERRUPTED,
    ),
    ProblemName.INTERNAL_ERROR: Entry(
        title="A bug in amzlink",
        what="amzlink hit an internal error.",
        why="This is our fault, not yours. What was stored before is safe.",
        next_step="Please report it. The report to attach has no personal data and no secrets: {file}.",
        next_step_exactly="{advice}",
        exit_code=Exit.BUG,
    ),
    ProblemName.RUN_IN_PROGRESS: Entry(
        title="Another run is in progress",
        what="Another {job} run of the store {store} is in progress.",
        what_exactly="Another {job} run of the store {store} is in progress {detail}.",
        why="Only one run of a kind can work on a store at a time, so that nothing is done twice.",
        next_step="Nothing to do: the next run does what is left. If no other run is active here, another machine may use the same AMZLINK_HOME.",
        next_step_exactly="Nothing to do: the next run does what is left. {advice}",
        exit_code=Exit.TRY_AGAIN,
        checks=("order-book",),
    ),
    ProblemName.LEASE_LOST: Entry(
        title="This machine lost the store to the others",
        what="The {job} run of the store {store} was ended, because this machine was stopped or cut off for too long.",
        why="Several machines share the order book. Another one may take over a store after two minutes of silence. This machine sent nothing after that, and nothing was sent twice.",
        next_step="Nothing to do: the next run, here or on another machine, does what is left.",
        exit_code=Exit.TRY_AGAIN,
    ),
}

CONNECT: Final = "amzlink connect"


@dataclass(frozen=True, slots=True)
class Interruption:
    """What is true after Ctrl-C: what is `safe`, and what to do `again`."""

    safe: str
    again: str

    @property
    def facts(self) -> Mapping[str, str]:
        """The facts of `interrupted`."""
        return {"safe": self.safe, "again": self.again}


_AGAIN: Final = "Run the same command again."
NOTHING_CHANGED: Final = Interruption("Nothing was changed.", _AGAIN)
NOTHING_CONNECTED: Final = Interruption(
    "Nothing was stored.", "Run the same command again when you have what it asks for: it starts from the beginning."
)
CONNECTED_ALREADY: Final = Interruption(
    "The store was stored before that.", "Run `amzlink stores list` to see it. There is nothing to repeat."
)
DISCONNECTED_ALREADY: Final = Interruption("The store was removed before that.", "Nothing to do.")
DISCONNECTED_IN_PART: Final = Interruption(
    "A part of the store may be removed already: its secrets, and the buyers' personal data.",
    "Run the same command again to remove the rest.",
)
_SCHEDULED_IN_PART: Final = Interruption(
    "A part of the schedule may be written already.", "Run the same command again: it writes the whole schedule."
)
SCHEDULED_ALREADY: Final = Interruption(
    "The schedule was written before that.", "Run `amzlink schedule show` to see it."
)
WEIGHTS_SENT_IN_PART: Final = Interruption(
    "Weights that were set so far are stored. Each weight sent to Amazon is noted before.",
    "Run the same command again: it checks at Amazon what was sent, and does the rest.",
)
_READING: Final = Interruption("Everything stored so far is safe. Orders and settings were not changed.", _AGAIN)
_ONE_CHANGE: Final = Interruption("The change was made completely or not at all.", _AGAIN)
_DURING: Final[Mapping[str, Interruption]] = {
    "connect": NOTHING_CONNECTED,
    "disconnect": DISCONNECTED_IN_PART,
    "import-orders": Interruption(
        "Everything imported so far is stored.", "Run the same command again: it continues where it stopped."
    ),
    "push-status": Interruption(
        "What was sent to Amazon is recorded, so nothing is confirmed twice.",
        "Run the same command again: it sends the rest.",
    ),
    "purge-pii": Interruption("What was deleted stays deleted.", "Run the same command again: it deletes the rest."),
    "check-weights": Interruption(
        "Weights that were set so far are stored.", "Run the same command again: it does the rest."
    ),
    "orders export": Interruption("Orders were not changed. A file is written completely or not at all.", _AGAIN),
    "demo": Interruption(
        "The demo keeps nothing, and your own stores were not used.",
        "Run `amzlink demo` again to see it from the beginning.",
    ),
    "sandbox": Interruption("The sandbox keeps nothing.", "Run the same command again for a new one."),
    "orders release": _ONE_CHANGE,
    "orders hold": _ONE_CHANGE,
    "schedule install": _SCHEDULED_IN_PART,
    "schedule remove": Interruption("A part of the schedule may be removed already.", _AGAIN),
    "database migrate": Interruption(
        "The order book is completely in its new place, or as it was before. The old one was not changed.",
        "Run the same command again.",
    ),
    "stores set": _ONE_CHANGE,
    "stores default": _ONE_CHANGE,
}


def interruption(command: str, *, dry_run: bool) -> Interruption:
    """What is true after Ctrl-C in a command, such as `orders release`. Those that are not listed only read."""
    return _READING if dry_run else _DURING.get(command, _READING)


NEITHER_YES_NOR_NO: Final = "Please answer yes or no. ? explains the question."
ENTER_IS_WAITED_FOR: Final = "Please press Enter to go on, or Ctrl-C to stop. ? shows the steps once more."


def none_of_the_choices(*, count: int) -> str:
    """An answer that is none of a numbered list."""
    return f"Please answer with a number from 1 to {count}."


def not_toml(*, error: str) -> str:
    """A file that is not in the form of TOML."""
    return f"it is not valid TOML: {error}"


def about_orders(*, title: str, orders: Sequence[str]) -> str:
    """A problem by its title, and which orders have it."""
    return f"{title}: {f'the order {orders[0]}' if len(orders) == 1 else f'{len(orders)} orders'}."


def for_each(*, step: str) -> str:
    """A next step that is about one order, where there are several."""
    return f"For each order: {step}"


# The command line -----------------------------------------------------------------------------------------------------

COMMAND_MISSING: Final = "A command is missing."
STORE_WITHOUT_SLUG: Final = "--store needs the short name of a store."
STORE_AND_ALL_STORES: Final = "--store and --all-stores cannot be used together."
ORDER_WITHOUT_BUNDLE: Final = "--order needs --bundle FILE.zip: it adds the state of an order to that file."
JOBS_WITHOUT_ALL_STORES: Final = "--jobs needs --all-stores: it is how many stores are worked on at once."
ADDRESSES_AND_ALL_STORES: Final = "--addresses and --all-stores cannot be used together: the file is of one account."
BUNDLE_AND_ALL_STORES: Final = "--bundle and --all-stores cannot be used together: a bundle is about one store."
ORDER_OR_HELD: Final = "Give either one order number or --held prime."
SINCE_AND_ORDER: Final = "--since and --order cannot be used together: --order fetches an order of any age."
RECIPIENT_WITHOUT_ARCHIVE: Final = "--recipient needs --archive DIR."
ARCHIVE_WITHOUT_RECIPIENT: Final = "--archive needs at least one --recipient, a public key of age (age1...)."
PROBLEM_NAME_MISSING: Final = "The name of a problem or topic is missing. `amzlink explain --list` shows all names."


def answer_missing(*, option: str) -> str:
    """A question that nobody can be asked; `option` would have answered it, and is empty where there is none."""
    return f"{option or 'An answer'} is missing, and there is no terminal to ask for it."


def file_name_missing(*, option: str) -> str:
    """An empty text where a file's name belongs."""
    return f"{option} needs the name of a file."


def did_you_mean(nearest: Sequence[str]) -> str:
    """The question after a name that is not known, with a space before it; empty where nothing looks like it."""
    return f" Did you mean {' or '.join(nearest)}?" if nearest else ""


def command_unknown(*, name: str, within: str, nearest: Sequence[str]) -> str:
    """A command that is not there, and those that look like it."""
    return f"`{within}` has no command {name!r}.{did_you_mean(nearest)}"


def option_unknown(*, option: str, nearest: Sequence[str]) -> str:
    """An option that the command does not take, and those that look like it."""
    return f"There is no option {option}.{did_you_mean(nearest)}"


def form_of_secrets(*, keys: Sequence[str], in_file: bool) -> str:
    """What a file, or standard input, for --secrets-from looks like."""
    where = "Check its name and folder. " if in_file else ""
    return f'{where}In it, each secret has a line such as {keys[0]} = "VALUE". The names are: {", ".join(keys)}.'


def words_unexpected(*, words: str, store: str | None) -> str:
    """Words that the command has no use for; `store` is the one among them that names a store."""
    hint = f" A store is named by an option: --store {store}." if store else ""
    return f"The command does not take {words}.{hint}"


def problem_name_unknown(*, name: str, nearest: Sequence[str]) -> str:
    """A name that no problem has, and those that look like it."""
    return (
        f"There is no problem or topic named {name!r}.{did_you_mean(nearest)} `amzlink explain --list` shows all names."
    )


def not_one_of(*, option: str, choices: Sequence[str], given: str, nearest: Sequence[str] = ()) -> str:
    """A value that is none of those which an option can have, and those that look like it."""
    wanted = choices[0] if len(choices) == 1 else f"one of {', '.join(choices)}"
    return f"{option} has to be {wanted}, not {given!r}.{did_you_mean(nearest)}"


def name_of_a_check(*, name: str, problems: Sequence[str]) -> str:
    """The name of a check of `verify` in place of a problem's, and the problems that it can find."""
    return f"{name!r} is a check of `amzlink verify`, not a problem. Problems that it can find: {', '.join(problems)}."


def schema_unknown(*, name: str, nearest: Sequence[str]) -> str:
    """A JSON Schema that is not there, and those that look like it."""
    return f"There is no schema named {name!r}.{did_you_mean(nearest)} `amzlink explain schemas` shows all names."


def shell_unknown(*, option: str, shells: Sequence[str], given: str) -> str:
    """A shell for which there is no completion; `given` is empty where nobody knows which one it is."""
    asked = f"not {given!r}" if given else "such as the one you use"
    return f"{option} needs one of {', '.join(shells)}, {asked}."


def not_a_span(*, option: str, given: str) -> str:
    """A length of time that cannot be read."""
    return f"{option} has to be a length of time such as 30s, 5m, 12h or 7d, not {given!r}."


def not_a_moment(*, option: str, given: str) -> str:
    """A moment that cannot be read."""
    return f"{option} has to be a time such as 7d or 2026-11-23T09:30:00Z, not {given!r}."


def not_a_due_day(*, option: str, given: str) -> str:
    """A moment to come, or a day, that cannot be read."""
    return f"{option} has to be today, tomorrow or a time such as 2d or 2026-11-23T09:30:00Z, not {given!r}."


def not_a_limit(*, option: str, given: str) -> str:
    """A number of orders that cannot be read."""
    return f"{option} has to be a number from 1 on, or all, not {given!r}."


def not_in_the_past(*, option: str, given: str) -> str:
    """A moment that has not come yet."""
    return f"{option} has to be a time in the past, not {given!r}."


def not_a_number_of_jobs(*, most: int, given: str) -> str:
    """How many stores at once, as it cannot be."""
    return f"--jobs has to be a number from 1 to {most}, not {given!r}."


def faults_unknown(*, names: Sequence[str], known: Sequence[str], nearest: Sequence[str]) -> str:
    """Faults that the sandbox does not have, and those that look like one of them."""
    return f"There is no fault {', '.join(names)}.{did_you_mean(nearest)} Faults: {', '.join(known)}."


def port_unusable(*, port: int, reason: str) -> str:
    """A port that the sandbox cannot listen on; `reason` is the operating system's."""
    return f"--port {port} cannot be used: {reason}. Without --port the sandbox takes a free one."


NO_SKU_TO_FORGET: Final = "--forget needs a SKU"


def set_and_forgotten(*, skus: Sequence[str]) -> str:
    """A product that is given a weight or customs data and is to lose them, in one command."""
    return f"{', '.join(skus)}: the same command cannot set and drop what it says of a product"


def weight_setting_invalid(*, setting: str, reason: str) -> str:
    """A `--set` of check-weights that cannot be used."""
    return f"--set {setting}: {reason}."


def customs_setting_invalid(*, setting: str, reason: str) -> str:
    """A `--customs` of check-weights that cannot be used."""
    return f"--customs {setting}: {reason}."


def setting_unknown(*, key: str, known: Sequence[str], nearest: Sequence[str]) -> str:
    """A key that `stores set` does not know, and those that look like it."""
    return f"{key} is not a setting.{did_you_mean(nearest)} Settings: {', '.join(known)}."


def setting_not_one_of(*, key: str, choices: Sequence[str], given: str) -> str:
    """A value that is none of those which a setting can have."""
    return f"{key} cannot be {given!r}: it has to be one of {', '.join(choices)}."


def setting_no_number(*, key: str, given: str) -> str:
    """A value of a setting that counts something."""
    return f"{key} cannot be {given!r}: it has to be a whole number."


def setting_empty(*, key: str) -> str:
    """A setting that has to have a value."""
    return f"{key} cannot be empty."


def no_crash_report(*, reason: str) -> str:
    """Advice where a bug's report could not be written; `reason` is the name of a problem or of an error."""
    return f"Please report it, with the command that you ran. There is no report to attach: it could not be written ({reason})."


# Runs on several machines ---------------------------------------------------------------------------------------------

MACHINE_GONE: Final = "If that machine is gone, another can take over two minutes after its last sign of life."


def at_work_on(*, machine: str, since: str) -> str:
    """Where a run is at work; `since` is a local time."""
    return f"on {machine} since {since}"


# Files to read --------------------------------------------------------------------------------------------------------

OR_HELD_ALONE: Final = "or another command has the store to itself"
LOOK_FOR_ANOTHER_MACHINE: Final = "If no other command is active here, another machine may use the same AMZLINK_HOME."
FILE_UNREADABLE: Final = "it cannot be read"
FILE_EMPTY: Final = "it is empty"
FILE_IS_A_WORKBOOK: Final = "it is a spreadsheet's workbook; open it there and save it as CSV (UTF-8)"
FILE_IS_A_PDF: Final = "it is a PDF document, which has no rows to read"
FILE_IS_COMPRESSED: Final = "it is compressed; unpack it first"
FILE_IS_A_WEB_PAGE: Final = "it is a web page, probably a sign-in page; download the file again"
DOCUMENT_TOO_LARGE: Final = "it is too large for one JSON document; write one JSON object a line instead"
DOCUMENT_IS_NO_LIST: Final = "it is not a JSON list of objects"


def columns_missing(*, columns: Sequence[str]) -> str:
    """Columns that a file needs and lacks."""
    return f"these columns are missing: {', '.join(columns)}"


def columns_twice(*, columns: Sequence[str]) -> str:
    """Columns that a file has more than once."""
    return f"these columns are there twice: {', '.join(columns)}"


RECORD_BROKEN: Final = "it is too long for a line, or its quotes are wrong"
RECORD_QUOTES_OPEN: Final = "its quotes are not closed"
RECORD_TOO_WIDE: Final = "it has more columns than the header; a value that contains a separator needs quotes"
RECORD_NO_JSON: Final = "it is not JSON"
RECORD_NO_OBJECT: Final = "it is not a JSON object"


def value_unusable(*, column: str) -> str:
    """A JSON value of a kind that no column takes."""
    return f"{column} is neither text nor a number"


def value_not_given(*, wanted: str) -> str:
    """A value that was asked for and is empty."""
    return f"The {wanted} is missing."


def order_number_malformed(*, text: str, nearest: Sequence[str] = ()) -> str:
    """An order number that Amazon cannot have, and those of the book that look like it."""
    return f"“{text}” is not an Amazon order number, such as 302-1234567-1234567.{did_you_mean(nearest)}"


def order_number_ambiguous(*, text: str, numbers: Sequence[str], has_more: bool) -> str:
    """The beginning of several order numbers."""
    more = ", and more" if has_more else ""
    return f"Several order numbers begin with {text}: {', '.join(numbers)}{more}. Give more of the number."


def order_number_begins_none(*, text: str, store: str, nearest: Sequence[str] = ()) -> str:
    """The beginning of no order number in the book, and those that become it by a slip."""
    meant = did_you_mean(nearest) or " Give the whole number."
    return f"No order in the order book of {store} begins with {text}.{meant}"


def order_number_cut_short(*, text: str, numbers: Sequence[str]) -> str:
    """The beginning of a number where only a whole one counts."""
    fits = f" These begin with it: {', '.join(numbers)}." if numbers else ""
    return f"{text} is not a whole order number, and a deletion cannot be undone.{fits} Give the whole number."
