"""The machine: its disk, its folders, its users."""

from typing import Final

from amzlink.problems.entry import CALLING, READING_THE_BOOK, Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "This machine"


ENTRIES: Final = {
    ProblemName.PROCESS_KILLED: Entry(
        title="A process was killed",
        what="The process that worked on the store {store} ended before it was done: {detail}.",
        why="The machine may be short of memory, or somebody has ended the process. What was stored before is safe.",
        next_step="Nothing to do at once: the next run continues. If it happens again, use fewer `--jobs` or add memory.",
        exit_code=Exit.TRY_AGAIN,
    ),
    ProblemName.NOT_WRITABLE: Entry(
        title="A file cannot be written",
        what="{file} cannot be written: {detail}.",
        why="The folder is read-only, belongs to another user, or does not exist. Or something else has the file's name.",
        next_step="Correct its permissions, or choose another place. For amzlink's own files, set AMZLINK_HOME to another folder.",
        exit_code=Exit.CANNOT_CREATE,
        checks=("config",),
    ),
    ProblemName.NOT_READABLE: Entry(
        title="One of amzlink's own files cannot be read",
        what="{file} cannot be read: {detail}.",
        why="It belongs to another user, its permissions forbid it, or it is not a file.",
        next_step="Correct its owner or its permissions, so that the user who runs amzlink can read it. If it is not a file, move it away.",
        exit_code=Exit.CONFIGURATION,
        checks=("config",),
    ),
    ProblemName.FILE_IN_USE: Entry(
        title="Another program is using a file",
        what="{file} is in use by another program.",
        why="Another run of amzlink, a backup program or a virus scanner has it open for longer than usual.",
        next_step="Try again. If that does not help, close the other program.",
        exit_code=Exit.TRY_AGAIN,
        checks=("vault", "quota"),
    ),
    ProblemName.LOCKING_UNAVAILABLE: Entry(
        title="Files cannot be locked",
        what="{file} cannot be locked: {detail}.",
        why="It is probably on a network drive or in a shared folder, where locks do not work. Your data is not damaged by this.",
        next_step="Keep amzlink's files on a disk of this machine: set AMZLINK_HOME to a folder there. To move only the order book, set `url` under `[database]` in config.toml.",
        exit_code=Exit.CONFIGURATION,
        checks=READING_THE_BOOK,
    ),
    ProblemName.MACHINE_INCOMPLETE: Entry(
        title="This machine lacks something",
        what="This machine lacks something that amzlink needs: {detail}.",
        why="Containers and service accounts often come without it.",
        next_step="Without a home folder, set AMZLINK_HOME to a folder that this user can write to. Without certificates, install the package `ca-certificates`, or set SSL_CERT_FILE to a file that has them.",
        exit_code=Exit.CONFIGURATION,
        checks=("config", "network"),
    ),
    ProblemName.READABLE_BY_OTHERS: Entry(
        title="Other users can read a secret",
        what="Other users of this machine can read {file} (mode {mode}).",
        why="The file holds a secret. Whoever reads it can act for the store.",
        next_step="Run `chmod {wanted} {file}`. If other people use this machine, renew the secret too.",
        exit_code=Exit.CONFIGURATION,
        severity="warning",
        checks=("keyring",),
    ),
    ProblemName.WRITABLE_BY_OTHERS: Entry(
        title="Other users can change amzlink's files",
        what="Other users of this machine can change {file} (mode {mode}).",
        why="Whoever changes it can redirect orders and secrets, or have other files of yours overwritten. So amzlink does not use it.",
        next_step="Check that it is unchanged, then run `chmod {wanted} {file}`. If the mode stays, the disk does not keep permissions: use another folder.",
        exit_code=Exit.CONFIGURATION,
        checks=("config", "keyring", "vault"),
    ),
    ProblemName.OPEN_TO_OTHERS: Entry(
        title="Other users can change a folder",
        what="Other users of this machine can change files in {file} (mode {mode}).",
        why="The folder was made or opened by somebody else. Your settings and secrets are not in it, so amzlink uses it.",
        next_step="Run `chmod {wanted} {file}`.",
        exit_code=Exit.CONFIGURATION,
        severity="warning",
        checks=("config",),
    ),
    ProblemName.HOME_OF_ANOTHER_USER: Entry(
        title="These files belong to another user",
        what="{file} belongs to the user {owner}, and you are {user}.",
        why="If two users write to the same files, they lock each other out. Each user also has a separate keyring.",
        next_step="Run amzlink as {owner}, or set AMZLINK_HOME to a folder of your own.",
        exit_code=Exit.CONFIGURATION,
    ),
    ProblemName.DISK_FULL: Entry(
        title="The disk is full",
        what="{file} could not be written: the disk is full.",
        why="Nothing was lost: what could not be stored was not marked as done.",
        next_step="Free some space and run the command again.",
        exit_code=Exit.DISK,
    ),
    ProblemName.DISK_BROKEN: Entry(
        title="The disk does not work correctly",
        what="{file} could not be read or written: {detail}.",
        why="The disk, or the connection to it, is failing.",
        next_step="Check the disk, and make a copy of the folder.",
        exit_code=Exit.DISK,
        checks=READING_THE_BOOK,
    ),
    ProblemName.CHECK_TIMEOUT: Entry(
        title="A check took too long",
        what="The check had no result after {seconds:second}, so it was stopped.",
        why="What it checks does not answer: a network, the keyring, or the disk. The other checks were made.",
        next_step="Run `amzlink verify{store_option} --timeout 60s` to give it more time. If it still does not end, the checks above it often show why.",
        exit_code=Exit.TRY_AGAIN,
        checks=("keyring", *CALLING, *READING_THE_BOOK),
    ),
}


def how_a_process_ended(code: int | None) -> str:
    """The end of a process that nobody expected; `code` is negative for a signal."""
    return f"signal {-code} ended it" if code is not None and code < 0 else f"it ended with code {code}"


NO_CERTIFICATES: Final = "the certificates of the authorities that websites are trusted by"
LOCKS_DO_NOT_WORK: Final = "the file system does not support it"
PUT_THERE_BY_ANOTHER_USER: Final = "another user has put a link or a pipe there"
READ_BACK_DIFFERS: Final = "what was read back is not what was written"
A_FOLDER: Final = "a folder"
A_PIPE: Final = "a pipe"
A_SOCKET: Final = "a socket"
A_DEVICE: Final = "a device"


def is_no_file(kind: str) -> str:
    """What is in the place of a file."""
    return f"it is {kind}, not a file"


def no_home_folder(user: object) -> str:
    """A user, by name or number, without a folder of their own."""
    return f"a home folder for the user {user}"


def no_home_of(path: str) -> str:
    """A path that begins with `~`, where nobody knows what that stands for."""
    return f"“{path}” has the home folder of a user that this machine does not have"
