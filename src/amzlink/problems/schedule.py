"""Failures and warnings about running by itself."""

from collections.abc import Mapping, Sequence
from typing import Final

from amzlink.problems.entry import Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Running by itself"

ENTRIES: Final[Mapping[ProblemName, Entry]] = {
    ProblemName.NO_SCHEDULER: Entry(
        title="Nothing here can run amzlink by itself",
        what="This machine has no scheduler that amzlink can use.",
        what_exactly="{detail}",
        why="amzlink uses systemd's timers, cron, launchd or Windows' Task Scheduler. Containers often have none of them.",
        next_step="Install cron, or let the system that starts this container run amzlink: `amzlink explain servers` shows how.",
        next_step_exactly="{advice}",
        exit_code=Exit.CONFIGURATION,
    ),
    ProblemName.SCHEDULE_FAILED: Entry(
        title="The schedule could not be read or changed",
        what="The schedule could not be read or changed: {detail}.",
        why="The message is that of the scheduler, or of amzlink where it found something unexpected. What was there before is unchanged.",
        next_step="Fix what the message names, and run `amzlink schedule install` again. `amzlink explain servers` shows how to do it by hand.",
        exit_code=Exit.CONFIGURATION,
    ),
    ProblemName.SCHEDULE_WITHOUT_SECRETS: Entry(
        title="Scheduled runs would not find the secrets",
        what="Scheduled runs would not find {detail}.",
        why="Here the secret is in a variable of this terminal. amzlink does not write secrets into a schedule, so nothing was written.",
        next_step="Put the secrets into files that only you can read: `amzlink connect --renew{store_option} --secrets-to ~/.amzlink-keys`. Then set the variables that it shows.",
        exit_code=Exit.CONFIGURATION,
    ),
    ProblemName.SCHEDULE_NEEDS_KEYRING: Entry(
        title="Scheduled runs need your keyring",
        what="The secrets are in your keyring, which is open only while you are signed in.",
        why="Runs that begin while you are signed out fail, and the next one after you sign in catches up.",
        next_step="Stay signed in. For a machine without a desktop, put the secrets into files: `amzlink explain servers` shows how.",
        exit_code=Exit.CONFIGURATION,
        severity="warning",
    ),
    ProblemName.SCHEDULED_TWICE: Entry(
        title="Something else runs amzlink too",
        what="Something else runs amzlink too: {detail}.",
        why="Both do the same work. Nothing is sent twice, because two runs never work on a store at once, but Amazon is asked more often.",
        next_step="If you no longer need the other one, remove it where it was made.",
        exit_code=Exit.CONFIGURATION,
        severity="warning",
        checks=("freshness",),
    ),
    ProblemName.SCHEDULED_ELSEWHERE: Entry(
        title="A store is run from another folder too",
        what="The schedule of another folder of amzlink runs the store {store} too: {folder}.",
        why="The two folders know nothing of each other. Orders can be sent to Sendcloud, and shipments confirmed, twice.",
        next_step="Keep one of the two. To stop the other, set AMZLINK_HOME to {folder} and run `amzlink schedule remove`.",
        next_step_exactly="Keep one of the two. To stop the other, whose settings are in {advice}, unset AMZLINK_HOME and run `amzlink schedule remove`.",
        exit_code=Exit.CONFIGURATION,
        severity="warning",
        checks=("freshness",),
    ),
    ProblemName.SCHEDULE_LEFT_OVER: Entry(
        title="An old schedule starts nothing any more",
        what="An old schedule still starts amzlink with the folder {folder}, which is not there any more.",
        why="The folder was moved or deleted after that schedule was installed. Each start fails.",
        next_step="Run `amzlink schedule install` or `amzlink schedule remove`: both remove the old schedule. If the folder is on a disk that is not connected now, connect it first.",
        exit_code=Exit.CONFIGURATION,
        severity="warning",
        checks=("freshness",),
    ),
    ProblemName.PING_FAILED: Entry(
        title="The address for good runs could not be called",
        what="The run went well, but the address in `[notify] ping` could not be called: {host} {detail}.",
        why="The service that watches this address now thinks that the run did not happen.",
        next_step="Check the address in config.toml. If it is right, wait: the next good run calls it again.",
        exit_code=Exit.TRY_AGAIN,
        severity="warning",
    ),
}

CRONTAB_DIFFERS: Final = "the crontab that was read back is not the one that was written"
SCHEDULERS_TRIED: Final = (
    "This machine has no scheduler that amzlink can use: no systemd user manager answers, and `crontab` is missing or "
    "refuses."
)
LEAVE_THE_CHOICE: Final = "Leave out --scheduler. amzlink then takes what this machine has."
PERIODS_IN_WORDS: Final = "5, 10, 15, 20, 30 or 60 minutes (`15m`), or 1, 2, 3, 4, 6, 12 or 24 hours (`2h`)"
QUESTION: Final = "Run amzlink by itself, every 15 minutes?"
ABOUT: Final = (
    "It then imports orders, confirms shipments and deletes personal data that is due, without you. What is set up for "
    "this is shown first."
)
WHAT_IS_WRITTEN: Final = (
    "The files and lines above make this machine start amzlink. `amzlink schedule remove` takes them away again."
)
LINGERING: Final = (
    "systemd runs your timers only while you are signed in. It can run them all the time: this is called lingering. "
    "It helps only if the secrets are in files, because a keyring is closed while you are signed out."
)
PROGRAM: Final = "amzlink's own path"
FOLDER: Final = "the folder of its settings"
PING_NO_ADDRESS: Final = "is not part of an address that can be called"
PING_NOT_PROTECTED: Final = "notify.ping: an address has to begin with https"


def program_missing(*, program: str) -> str:
    """A program of the system that is not there."""
    return f"`{program}` is not installed"


def program_slow(*, program: str, seconds: int) -> str:
    """One that does not come back."""
    return f"`{program}` took longer than {seconds} seconds"


def program_not_started(*, program: str, reason: str) -> str:
    """One that cannot be started."""
    return f"`{program}` could not be started ({reason})"


def program_refused(*, program: str, code: int, said: str) -> str:
    """One that ended with another code than 0; `said` is its last line."""
    return f"`{program}` ended with {code}{f': {said}' if said else ''}"


def crontab_line_broken(*, said: str) -> str:
    """A line of the user's own that cron cannot read; `said` is what `crontab` says of it."""
    return (
        f"a line of your crontab that amzlink did not write is broken ({said}). "
        "Until you correct it with `crontab -e`, the crontab cannot be changed"
    )


def file_of_others(*, file: object) -> str:
    """A file in the place of ours."""
    return f"{file} is there already, and amzlink did not write it"


def path_unusable(*, what: str, path: str) -> str:
    """A path with a line break, with bytes that are no text, or with a sign that this scheduler misreads."""
    return f"{what} has characters that a schedule cannot hold (“{path}”)"


def not_this_scheduler(*, scheduler: str) -> str:
    """A scheduler that was asked for by name, on another kind of machine."""
    return f"`--scheduler {scheduler}` is for another kind of machine."


def secrets_in_variables(*, variables: Sequence[str]) -> str:
    """Secrets that are given by value."""
    return f"what is in {', '.join(variables)}"


def period_not_possible(*, given: str) -> str:
    """A period that not every scheduler can keep."""
    return f"--every takes {PERIODS_IN_WORDS}, not “{given}”"


def left_out(*, variables: Sequence[str], on_windows: bool) -> str:
    """Variables of this terminal that scheduled runs will not have."""
    names, one = ", ".join(variables), len(variables) == 1
    if on_windows:
        is_set, them = ("is set", "it") if one else ("are set", "them")
        return f"Scheduled runs have your user's own variables. If {names} {is_set} in this terminal only, set {them} with `setx`."
    may, them = ("it may hold a password", "it") if one else ("they may hold passwords", "them")
    return f"Not carried over, because {may}: {names}. Set {them} for scheduled runs by hand."


def own_schedule(*, scheduler: str) -> str:
    """A schedule that amzlink itself has written, and a second one."""
    return f"an older schedule of amzlink in {scheduler}"


def line_of_others(*, line: str) -> str:
    """A line of a crontab that a person wrote."""
    return f"the crontab line “{line}”"


def ping_status(*, status: int) -> str:
    """What the address answered."""
    return f"answered with status {status}"


def ping_unanswered(*, problem: ProblemName) -> str:
    """Why there was no answer."""
    return f"gave no answer ({problem})"
