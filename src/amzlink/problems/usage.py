"""How a command is used."""

from typing import Final

from amzlink.problems.entry import Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Use"

ENTRIES: Final = {
    ProblemName.NOT_BUILT_YET: Entry(
        title="Not in this version",
        what="{detail} is not part of this version of amzlink.",
        why="It is announced, but this version does not build it yet.",
        next_step="Leave it out for now; the changelog says when it arrives.",
        exit_code=Exit.USAGE,
    ),
    ProblemName.USAGE: Entry(
        title="The command was not understood",
        what="{detail}",
        why="An option or an argument is missing, misspelt or has a value that it cannot have.",
        next_step="Run `{command} --help` to see what it takes.",
        exit_code=Exit.USAGE,
    ),
    ProblemName.INPUT_MALFORMED: Entry(
        title="A file cannot be read",
        what="{file} cannot be used: {detail}.",
        why="It is not in the form that this command reads.",
        next_step="Correct the file; the documentation shows the form.",
        exit_code=Exit.BAD_INPUT,
    ),
    ProblemName.INTERRUPTED: Entry(
        title="Stopped",
        what="Stopped on request.",
        why="Ctrl-C was pressed or the process was told to end. Everything stored so far is safe.",
        next_step="Run the same command again: it goes on where it stopped.",
        exit_code=Exit.INTERRUPTED,
    ),
    ProblemName.INTERNAL_ERROR: Entry(
        title="A bug in amzlink",
        what="amzlink came upon a bug of its own.",
        why="This is our fault, not yours. What was stored before is safe.",
        next_step="Please report it with the file {file}; it holds no personal data and no secrets.",
        exit_code=Exit.BUG,
    ),
    ProblemName.RUN_IN_PROGRESS: Entry(
        title="Another run is at work",
        what="Another {job} of the store {store} is still at work.",
        why="Only one run of a kind works on a store at a time, so that nothing is done twice.",
        next_step="Nothing to do: the next run finds what is left. If none is running, the machine may share its home with another.",
        exit_code=Exit.TRY_AGAIN,
        checks=("order-book",),
    ),
}
