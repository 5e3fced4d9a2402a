"""Secrets: the keyring, files and variables that hold them, and values of the wrong kind."""

from collections.abc import Sequence
from typing import Final

from amzlink.problems.entry import Entry, Exit, store_option
from amzlink.problems.names import ProblemName

AREA: Final = "Secrets"

_IN_FILES: Final = (
    "The secrets of this store are in files in {advice}, and the variables that name the files are not set here. "
    "`amzlink stores show{store_option}` shows the lines to paste into this terminal, and those for cron and systemd."
)
ENTRIES: Final = {
    ProblemName.KEYRING_UNAVAILABLE: Entry(
        title="No keyring available",
        what="The keyring of this machine cannot be used: {detail}.",
        why="amzlink keeps secrets in the operating system's keyring. Servers, containers and cron often have none.",
        next_step="There are three ways. (1) Write each secret to a file that only you can read, and set AMZLINK_SECRET_{variable}_FILE to its path. At a terminal, `amzlink connect{store_option}` offers to write the files and shows the lines to set. In a script, its option --secrets-to does. {first}(2) Put a file {slug}.{name} into systemd's credentials directory. (3) Give this session a keyring. For cron, add the line DBUS_SESSION_BUS_ADDRESS={bus} to the crontab: it uses the keyring of the desktop where you are signed in. On a server, run `dbus-run-session` with gnome-keyring and unlock it. If the keyring hangs, sign out and in again. amzlink rewrites the vault key. For that key use (3), or the _FILE of (1) with a file outside amzlink's own folders. `amzlink explain servers` shows each way step by step.",
        next_step_exactly=_IN_FILES,
        exit_code=Exit.CONFIGURATION,
        checks=("keyring", "vault"),
    ),
    ProblemName.KEYRING_LOCKED: Entry(
        title="The keyring is locked",
        what="The keyring is locked: {detail}.",
        why="The keyring opens when you sign in at the desktop. Over ssh and in cron nobody unlocks it.",
        next_step="Sign in at the desktop, or pipe the password to `gnome-keyring-daemon --unlock`. Or give the secrets as variables or files: `amzlink explain servers` shows how.",
        next_step_exactly=_IN_FILES,
        exit_code=Exit.CONFIGURATION,
        checks=("keyring", "vault"),
    ),
    ProblemName.SECRET_TOO_LONG: Entry(
        title="The keyring cannot store a secret of this length",
        what="The keyring of this machine takes other secrets, but not the {name}, which has {length} characters.",
        why="Keyrings have limits, and Amazon's tokens have none. The keyring of Windows takes 1,280 characters.",
        next_step="Write the value into a file that only you can read. Set AMZLINK_SECRET_{variable}_FILE to its path, and run the command again: amzlink then does not use the keyring.",
        exit_code=Exit.CONFIGURATION,
        checks=("keyring",),
    ),
    ProblemName.SECRET_MISSING: Entry(
        title="A secret is missing",
        what="The {name} of the store {store} is missing. It is not in the keyring, in AMZLINK_SECRET_{variable}, in its _FILE, or in systemd's credentials.",
        why="It was never stored, was removed, or belongs to another user or home.",
        next_step="Run `amzlink connect{store_option}{renew}` to give it again.",
        next_step_exactly=_IN_FILES,
        exit_code=Exit.CONFIGURATION,
        checks=("keyring", "sendcloud-access"),
    ),
    ProblemName.SECRET_FILE_UNREADABLE: Entry(
        title="A file with a secret cannot be read",
        what="{file} should hold a secret but cannot be read: {detail}.",
        why="A variable AMZLINK_SECRET_..._FILE or systemd's credentials name this file.",
        next_step="Correct the file or its permissions. Or remove the variable, and amzlink uses the keyring.",
        exit_code=Exit.CONFIGURATION,
        checks=("keyring", "vault"),
    ),
    ProblemName.SECRET_LOOKS_WRONG: Entry(
        title="The wrong kind of value",
        what="This is not the {wanted}. It is {found}.",
        why="Seller Central and Sendcloud show several values that look alike.",
        next_step="{where}",
        exit_code=Exit.BAD_INPUT,
        checks=("keyring",),
    ),
    ProblemName.REFRESH_TOKEN_MALFORMED: Entry(
        title="The refresh token is incomplete",
        what="The refresh token is incomplete: {detail}.",
        why="A refresh token starts with Atzr| and has several hundred characters. Its beginning or end is easily missed when you copy it.",
        next_step="Authorise your app again at {page} and copy the new token with the copy button. Amazon shows it only once.",
        exit_code=Exit.BAD_INPUT,
        checks=("keyring",),
    ),
    ProblemName.MWS_CREDENTIALS: Entry(
        title="A value from Amazon's old MWS",
        what="This is {found}, from Amazon's Marketplace Web Service (MWS).",
        why="MWS ended on 31 March 2024, and its keys were deleted. They cannot be converted.",
        next_step="Make and authorise your own app at {page}. It gives you a client id, a client secret and a refresh token. `amzlink connect` guides you through it.",
        exit_code=Exit.BAD_INPUT,
        checks=("keyring",),
    ),
}

A_KEY: Final = "probably a key or a token"
ASKED_AT_ITS_OWN_PROMPT: Final = "Nothing of it was stored. `amzlink connect` asks for it at a prompt of its own."
PUBLIC_KEY_AGAIN: Final = "the public key once more"
WITH_THE_PUBLIC_KEY: Final = "Sendcloud shows the secret key with it."


def before_connecting(*, slug: str, variables: Sequence[str]) -> str:
    """What to do before a store is connected on a machine without a keyring; `slug` is the name it can have."""
    return (
        f"For a new store with the short name {slug}, set {', '.join(variables[:-1])} and {variables[-1]}. "
        f"The last file can be empty: amzlink fills it. Then run `amzlink connect{store_option(slug)}`: it does not "
        "ask for these secrets. "
    )


# What a keyring did, fit to follow "cannot be used:".

COULD_NOT_BE_UNLOCKED: Final = "it could not be unlocked"
VALUE_NOT_KEPT: Final = "it did not keep the value that it was given"
NO_KEYRING: Final = "this session has none"
NO_KEYRING_ANOTHER_CHOSEN: Final = "this session has none, because PYTHON_KEYRING_BACKEND chooses something else"
NO_KEYRING_NO_BUS: Final = "this session has none, because DBUS_SESSION_BUS_ADDRESS is not set (as under cron and sudo)"
NO_KEYRING_BUS_GONE: Final = (
    "this session has none, because the D-Bus of DBUS_SESSION_BUS_ADDRESS is gone (as after signing out)"
)
NO_KEYRING_SERVICE: Final = "this session has none: no keyring service answers on its D-Bus"


def no_answer(*, seconds: float) -> str:
    """A keyring that hangs."""
    return f"it did not answer within {seconds:g} seconds"


def back_end_failed(*, kind: str, reason: str) -> str:
    """An error of the keyring's back end; `reason` is empty where it might quote a secret."""
    return f"it answered with {kind}" + (f" ({reason})" if reason else "")


# What is wrong with a folder for secrets.

FOLDER_NOT_WHOLE: Final = "Please give the folder's whole path, which begins with / or ~."


def folder_in_home(*, folder: object) -> str:
    """A folder in which the secrets would be copied along with the orders."""
    return f"{folder} is in amzlink's own folders, so a copy of the orders would include their key. Choose another."


def folder_is_open(*, folder: object, mode: str) -> str:
    """A folder that other users can look into."""
    return f"Other users can look into {folder} (mode {mode}). Choose another, or run `chmod 700` on it first."


def folder_of_another_user(*, folder: object) -> str:
    """A folder that belongs to somebody else."""
    return f"{folder} belongs to another user. Choose another folder."


def folder_unusable(*, folder: object) -> str:
    """A path at which no folder can be made, or in which nothing can be written."""
    return f"{folder} cannot be made or written. Choose another folder."


def vault_key_is_in_keyring(*, slug: str) -> str:
    """A store whose data is opened by a key in the keyring, which works."""
    return (
        f"The key to the addresses of the store {slug} is in this machine's keyring, so its secrets stay there too. "
        "Leave --secrets-to out."
    )


# What is wrong with a file that holds a secret.

FILE_EMPTY: Final = "it is empty"
FILE_NOT_TEXT: Final = "it is not text in UTF-8"
FILE_TOO_LARGE: Final = "it is too large for a file of secrets"


def vault_key_inside_home(*, file: object) -> str:
    """The vault key's file lies beside the data that it opens."""
    return f"{file} is in amzlink's own folders, so a copy of the orders would include their key"
