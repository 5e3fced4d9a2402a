"""Personal data: its key, its deletion in time, and the archive."""

from typing import Final

from amzlink.problems.entry import Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Personal data"

ENTRIES: Final = {
    ProblemName.VAULT_KEY_MISSING: Entry(
        title="The key to the personal data is missing",
        what="The order book holds sealed personal data of the store {store}, but its key is not here ({detail}).",
        why="The keyring belongs to another user or machine, was emptied, or a backup of only one of the two was put back. Without the key the data cannot be read by anybody.",
        next_step="Put the keyring back. If it is lost for good, run `amzlink disconnect{store_option} --keep-orders`, connect again, and import: open orders are fetched anew. A single order can be destroyed all the same: `amzlink purge-pii{store_option} --order ID`.",
        exit_code=Exit.CONFIGURATION,
        checks=("vault",),
    ),
    ProblemName.VAULT_KEY_STUCK: Entry(
        title="The key to old personal data does not go",
        what="The keyring took the new key of the store {store}, but still gives the old one.",
        why="What is destroyed is gone only when its key is, so amzlink looks again after it has set a new one. The keyring did not keep it, or another program put the old one back.",
        next_step="See that only one amzlink uses this keyring entry and that nothing restores it, then run `amzlink purge-pii{store_option}` again.",
        exit_code=Exit.REFUSED,
    ),
    ProblemName.PURGE_INCOMPLETE: Entry(
        title="Personal data can still be read after a purge",
        what="After the purge of the store {store}, data of {count} orders could still be read.",
        why="amzlink tries to open what it has destroyed, and it could. This should never happen.",
        next_step="Run `amzlink purge-pii{store_option}` again, and report it with `amzlink verify --bundle FILE.zip`.",
        exit_code=Exit.BUG,
    ),
    ProblemName.JOURNAL_IN_USE: Entry(
        title="The order book's journal could not be emptied",
        what="Personal data of the store {store} was destroyed, but the order book's journal could not be emptied.",
        why="Another program is reading the order book, so the database keeps its journal, in which sealed data may still stand.",
        next_step="Close what reads the order book, then run `amzlink purge-pii{store_option}` again.",
        exit_code=Exit.TRY_AGAIN,
    ),
    ProblemName.CLOCK_JUMPED: Entry(
        title="The time cannot be trusted",
        what="This machine's time has jumped: {detail}.",
        why="Personal data is destroyed by the calendar, so amzlink acts only on a time that Amazon or earlier runs bear out.",
        next_step="Set the clock and run again.",
        exit_code=Exit.TRY_AGAIN,
        checks=("vault",),
    ),
    ProblemName.RETENTION_OVERDUE: Entry(
        title="Personal data is overdue",
        what="The personal data of {count} orders is still here although its time is over.",
        why="Amazon allows 30 days after delivery. Data goes when amzlink runs, and it has not run, or could not be sure of the time.",
        next_step="Run `amzlink import-orders{store_option}`, which destroys what is due; see that something runs it every day.",
        exit_code=Exit.PARTLY,
        checks=("retention",),
    ),
    ProblemName.ARCHIVE_FOLDER_MISSING: Entry(
        title="The archive's folder is not there",
        what="The archive should go to {file}, and there is no such folder.",
        why="Its disk is not connected, or the folder was moved. amzlink does not make it, because what is to leave this machine would then stay on it. Nothing was destroyed.",
        next_step="Connect the disk or correct the folder (`--archive`, or `dir` under `[archive]` in config.toml), and run again.",
        exit_code=Exit.CANNOT_CREATE,
        checks=("retention",),
    ),
    ProblemName.ARCHIVE_NOT_MOVED: Entry(
        title="Archives still lie where they were written",
        what="In {file}, {count} archive files have not been moved away; the oldest is of {since}.",
        why="What tax law wants kept belongs apart from the machine that reads orders, and amzlink cannot tell whether a copy exists elsewhere.",
        next_step="Copy them to where they are to be kept, make sure that the offline key opens them, and delete them here.",
        exit_code=Exit.PARTLY,
        severity="warning",
        checks=("retention",),
    ),
    ProblemName.PRIVATE_KEY_GIVEN: Entry(
        title="A private key where a public one belongs",
        what="The recipient no. {number} is a private key, or a file that holds one.",
        why="An archive is for the holder of the private key alone, and this machine must not be able to open it. So the private key belongs on another machine or on paper, and only the public one (age1...) comes here.",
        next_step="Take this private key for known: it has been on this machine, perhaps in the shell's history. Make a new pair elsewhere with `age-keygen`, and give only the line that begins with age1.",
        exit_code=Exit.BAD_INPUT,
        checks=("retention",),
    ),
    ProblemName.RECIPIENT_UNUSABLE: Entry(
        title="A recipient is no public key",
        what="The recipient no. {number} cannot be used: it is {found}.",
        why="An archive is encrypted to public keys of age, which begin with age1 and have 62 characters. Keys of ssh and of plugins are not taken.",
        next_step="Copy the public key again, whole: `age-keygen` shows it, and `age-keygen -y FILE` shows it once more.",
        exit_code=Exit.BAD_INPUT,
        checks=("retention",),
    ),
}


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
