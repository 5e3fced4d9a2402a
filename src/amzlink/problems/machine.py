"""The machine: its disk, its folders, its users."""

from typing import Final

from amzlink.problems.entry import CALLING, READING_THE_BOOK, Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "This machine"


ENTRIES: Final = {
    ProblemName.NOT_WRITABLE: Entry(
        title="A file cannot be written",
        what="{file} cannot be written: {detail}.",
        why="The folder is read-only, belongs to another user, or does not exist.",
        next_step="Correct its permissions, or choose another place. For amzlink's own files, set AMZLINK_HOME to another folder.",
        exit_code=Exit.CANNOT_CREATE,
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


NO_SUCH_USER: Final = "there is no such user"
READ_BACK_DIFFERS: Final = "what was read back is not what was written"
IN_USE: Final = "another program is using it"
