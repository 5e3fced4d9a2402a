"""Personal data: its key, its deletion in time, and the archive."""

from datetime import date, datetime
from typing import Final

from amzlink.problems.entry import Entry, Exit
from amzlink.problems.names import ProblemName
from amzlink.problems.words import local_day

AREA: Final = "Personal data"

ENTRIES: Final = {
    ProblemName.VAULT_KEY_MISSING: Entry(
        title="The key to the personal data is missing",
        what="The key to the encrypted personal data of the store {store} is missing ({detail}).",
        why="The keyring or key file belongs to another user or machine, or was emptied. Or only the key or only the order book was restored from a backup. Without the key nobody can read the data.",
        next_step="Restore the keyring or the key file. If the key is lost for good, run `amzlink disconnect{store_option} --keep-orders`, connect again, and import: open orders are fetched again. `amzlink purge-pii{store_option} --order ID` deletes a single order without the key.",
        next_step_exactly="{advice}",
        exit_code=Exit.CONFIGURATION,
        checks=("vault",),
    ),
    ProblemName.VAULT_KEY_NOT_SHARED: Entry(
        title="The other machines do not have the vault key",
        what="The vault key of the store {store} is in this machine's keyring, where other machines cannot use it.",
        why="The order book is on a server. What this machine encrypts, another machine can neither send nor delete without the same key.",
        next_step="If only this machine uses the order book, there is nothing to do. Otherwise put the key into a file in a folder that all machines reach. On each of them, {variable} has to name that file. `amzlink explain fleet` shows how.",
        exit_code=Exit.PARTLY,
        severity="warning",
        checks=("vault",),
    ),
    ProblemName.PERSONAL_DATA_UNREADABLE: Entry(
        title="The personal data of one order cannot be opened",
        what="The personal data of the order {order_id} cannot be opened, although that of other orders can.",
        why="This part of the order book was damaged, for example by the disk. Nothing else of the order is lost.",
        next_step="If the order is still open, run `amzlink import-orders{store_option} --order {order_id}`: Amazon gives the data again. If it is shipped, `amzlink purge-pii{store_option} --order {order_id}` removes what is left of it.",
        exit_code=Exit.PARTLY,
        checks=("vault",),
    ),
    ProblemName.VAULT_KEY_STUCK: Entry(
        title="The old encryption key could not be deleted",
        what="The keyring accepted the new key of the store {store}, but still returns the old one.",
        why="Data is deleted for good only when its key is deleted, so amzlink checks that. The keyring did not save the new key, or another program restored the old one.",
        next_step="Make sure that only one amzlink uses this keyring entry and that nothing restores it. Then run `amzlink purge-pii{store_option}` again.",
        exit_code=Exit.REFUSED,
    ),
    ProblemName.PURGE_INCOMPLETE: Entry(
        title="Personal data can still be read after a purge",
        what="After the purge of the store {store}, data of {count:order} can still be read.",
        why="amzlink tries to open what it has deleted, and it succeeded. This should never happen.",
        next_step="Run `amzlink purge-pii{store_option}` again. Then report it with the file that `amzlink verify{store_option} --bundle FILE.zip` writes.",
        exit_code=Exit.BUG,
    ),
    ProblemName.JOURNAL_IN_USE: Entry(
        title="The order book's journal could not be emptied",
        what="Personal data of the store {store} was deleted, but the order book's journal could not be emptied.",
        why="Another program is reading the order book, so the database keeps its journal. Encrypted data may still be in it.",
        next_step="Close the program that reads the order book. Then run `amzlink purge-pii{store_option}` again.",
        exit_code=Exit.TRY_AGAIN,
    ),
    ProblemName.CLOCK_JUMPED: Entry(
        title="The time is not confirmed",
        what="The time is not confirmed: {detail}. Personal data that may be due is not deleted yet.",
        why="What cannot be undone needs a time that is certain. Amazon's time and this machine's clock must agree to within a day. Or three runs over two days must show the same difference.",
        next_step="Check this machine's date and time, and set them if they are wrong. If they are right, do nothing: the deletion follows when Amazon confirms the time.",
        exit_code=Exit.TRY_AGAIN,
    ),
    ProblemName.RETENTION_OVERDUE: Entry(
        title="Personal data is past its retention date",
        what="The personal data of {count:order} is still here after its retention date.",
        why="Amazon allows 30 days after delivery. amzlink deletes data when it runs. It has not run, could not trust the time, or could not write the archive.",
        next_step="Run `amzlink purge-pii{store_option}`. It deletes the data, or says what stops it. Make sure that amzlink runs every day.",
        exit_code=Exit.PARTLY,
        checks=("retention",),
    ),
    ProblemName.ARCHIVE_FOLDER_MISSING: Entry(
        title="The archive's folder does not exist",
        what="The archive's folder {file} does not exist.",
        why="Its disk is not connected, or the folder was moved. amzlink does not create it, because the archive would then stay on this machine. Nothing was deleted.",
        next_step="Connect the disk or correct the folder (`--archive`, or `dir` under `[archive]` in config.toml). Then run the command again.",
        exit_code=Exit.CANNOT_CREATE,
        checks=("retention",),
    ),
    ProblemName.ARCHIVE_NOT_MOVED: Entry(
        title="Archive files have not been moved away",
        what="{file} still has {count:archive file}, the oldest from {since}.",
        why="Tax records should not stay on the machine that reads orders. amzlink cannot tell whether a copy exists elsewhere.",
        next_step="Copy the files to where they are kept. Check that the offline key opens them. Then delete them from {file}.",
        exit_code=Exit.PARTLY,
        severity="warning",
        checks=("retention",),
    ),
    ProblemName.PRIVATE_KEY_GIVEN: Entry(
        title="A private key was given instead of a public one",
        what="Recipient no. {number} is a private key, or a file with one.",
        why="Only the holder of the private key may open an archive. The private key belongs on another machine or on paper. amzlink needs only the public key (age1...).",
        next_step="Treat this private key as compromised: it was on this machine, and may be in the shell's history. Make a new pair on another machine with `age-keygen`. Give only the line that begins with age1.",
        exit_code=Exit.BAD_INPUT,
        checks=("retention",),
    ),
    ProblemName.RECIPIENT_UNUSABLE: Entry(
        title="A recipient is not a public key",
        what="Recipient no. {number} cannot be used: it is {found}.",
        why="An archive is encrypted to public keys of age. They begin with age1 and have 62 characters. Keys of ssh and of plugins are not supported.",
        next_step="Copy the whole public key again. `age-keygen` shows it, and `age-keygen -y FILE` shows it once more.",
        exit_code=Exit.BAD_INPUT,
        checks=("retention",),
    ),
}


KEY_OF_OTHER_MACHINES: Final = (
    "Other machines share this order book and may have the key. All of them have to use one key file. "
    "`amzlink explain fleet` shows how. Do not disconnect the store while another machine has its key."
)


def another_key_of_month(*, month: str) -> str:
    """What is wrong with the key of a month that another machine has begun with a key of its own."""
    return f"another machine encrypts the data of {month} with another key"


# What was given as a recipient of the archive, fit to follow "it is" -----------------------------------------------------

A_PUBLIC_KEY: Final = "a public key of age"
A_PRIVATE_KEY: Final = "a private key"
A_DAMAGED_KEY: Final = "a public key of age that is cut off or misspelt"
AN_SSH_KEY: Final = "an SSH key"
ANOTHER_AGE_KEY: Final = "an age key of another kind (for a plugin, for example)"
NOTHING: Final = "empty"
NO_KEY: Final = "not a key of age"
A_FILE: Final = "a file, but the key itself is needed"

# What can be wrong under [archive] in config.toml ---------------------------------------------------------------------

ARCHIVE_DIR_RELATIVE: Final = (
    "archive.dir: it has to be an absolute path, because scheduled runs start in another folder"
)
ARCHIVE_DIR_MISSING: Final = "archive.dir is missing"
ARCHIVE_RECIPIENTS_MISSING: Final = "archive.recipients: it is empty, so nobody could open the archive"


def archive_recipient_private(*, number: int) -> str:
    """A private key among the recipients; it is never repeated."""
    return (
        f"archive.recipients: no. {number} is a private key, which must never be on this machine; "
        "make a new pair elsewhere and put only its public key (age1...) here"
    )


def archive_recipient_unusable(*, number: int, found: str) -> str:
    """A recipient that is no public key."""
    return f"archive.recipients: no. {number} is {found}; a public key (age1...) is needed"


# Why the time is not confirmed, fit to follow "it is not confirmed:" ----------------------------------------------------

NO_TIME_YET: Final = "Amazon has not told it to this machine yet"


def not_told_since(noted: datetime) -> str:
    """When Amazon told the time last."""
    return f"Amazon has not told it since {local_day(noted)}"


def clocks_differ(*, now: datetime, amazon: datetime) -> str:
    """This machine's day, and the one that Amazon tells."""
    return f"this machine's clock says {local_day(now)}, and Amazon says {local_day(amazon)}"


# Why a key does not open what is sealed.
KEY_DOES_NOT_FIT: Final = "the key does not fit"
NOT_A_VAULT_KEY: Final = "what is stored in its place is not a vault key"


def key_of_day_missing(*, day: date) -> str:
    """The key of the day until which data is kept."""
    return f"data to be kept until {day}"


def key_of_month_missing(*, month: str) -> str:
    """A month's key."""
    return f"the key of {month}"
