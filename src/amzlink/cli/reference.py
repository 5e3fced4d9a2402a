"""What `explain` and the documentation show as tables: the environment variables and the exit codes.

A test holds the variables to those that the code reads, and the codes to those of `Exit`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from amzlink.problems import Exit

ENVIRONMENT: Final[Mapping[str, Mapping[str, str]]] = {
    "Files": {
        "HOME": "The folder of your user.",
        "AMZLINK_HOME": "One folder for all of amzlink's files. Its entries in the keyring are kept apart too.",
        "XDG_CONFIG_HOME": "On Linux: where the folder with `config.toml` is.",
        "XDG_DATA_HOME": "On Linux: where the folder with the order book is.",
        "XDG_STATE_HOME": "On Linux: where the folders with locks, quotas and the log are.",
    },
    "Secrets without a keyring": {
        "AMZLINK_SECRET_<STORE>_CLIENT_SECRET": "The client secret of the app.",
        "AMZLINK_SECRET_<STORE>_REFRESH_TOKEN": "The refresh token.",
        "AMZLINK_SECRET_<STORE>_SENDCLOUD_SECRET_KEY": "The secret key of Sendcloud.",
        "AMZLINK_SECRET_<STORE>_CLIENT_SECRET_FILE": "A file with the client secret.",
        "AMZLINK_SECRET_<STORE>_REFRESH_TOKEN_FILE": "A file with the refresh token.",
        "AMZLINK_SECRET_<STORE>_SENDCLOUD_SECRET_KEY_FILE": "A file with the secret key of Sendcloud.",
        "AMZLINK_SECRET_<STORE>_VAULT_KEY_FILE": "A file for the vault key, outside amzlink's folders. amzlink "
        "rewrites it when the key changes.",
        "CREDENTIALS_DIRECTORY": "Set by systemd: a folder with the secrets, in files such as `my-shop.client-secret`.",
        "XDG_RUNTIME_DIR": "On Linux: where the keyring's bus is, for scheduled runs.",
        "DBUS_SESSION_BUS_ADDRESS": "On Linux: how to reach the keyring.",
        "PYTHON_KEYRING_BACKEND": "Another keyring than the system's.",
    },
    "Network": {
        "HTTPS_PROXY": "The proxy for addresses with https, which are all but those of tests.",
        "HTTP_PROXY": "The proxy for addresses with http.",
        "ALL_PROXY": "The proxy for both.",
        "NO_PROXY": "Hosts that are called without a proxy.",
        "SSL_CERT_FILE": "A file with the certificates to trust, instead of the system's.",
        "SSL_CERT_DIR": "A folder with the certificates to trust, instead of the system's.",
    },
    "Terminal and shell": {
        "NO_COLOR": "If it is set, nothing is coloured.",
        "COLUMNS": "The number of columns to write for, instead of the terminal's own.",
        "TZ": "The time zone of the times on the screen.",
        "PATH": "Where `status` and `verify` find the programs that tell whether amzlink is scheduled.",
        "DISPLAY": "On Linux: whether `connect` can open pages in a browser.",
        "WAYLAND_DISPLAY": "The same.",
        "BROWSER": "The browser to open pages in.",
        "SHELL": "The shell that `--install-completion` and `--show-completion` are for, if none is named.",
        "ZDOTDIR": "Where zsh has its `.zshrc`.",
    },
    "Tests": {
        "AMZLINK_SPAPI_URL": "Another address for Amazon. `{region}` in it is filled in. Like the next two it has to "
        "be https, or http to this machine.",
        "AMZLINK_LWA_URL": "Another address for Login with Amazon.",
        "AMZLINK_SENDCLOUD_URL": "Another address for Sendcloud.",
        "AMZLINK_CLOCK_OFFSET": "Seconds by which the clock of a test store is shifted.",
    },
}
"""By subject and name; `<STORE>` is a store's slug in capitals."""

EXIT_CODES: Final[Mapping[Exit, str]] = {
    Exit.DONE: "Done, or nothing to do.",
    Exit.PARTLY: "Done in part: some orders, products or stores failed, and each is reported. `verify` found a check "
    "that failed. `status` shows something that needs a person.",
    Exit.USAGE: "A bad option, or a missing answer.",
    Exit.BAD_INPUT: "A file that was given cannot be read, or has a wrong form.",
    Exit.REFUSED: "The service answers, but refuses for a reason that will not pass by itself.",
    Exit.BUG: "A bug in amzlink. The message names a report without personal data.",
    Exit.CANNOT_CREATE: "A file cannot be created.",
    Exit.DISK: "The disk is full or broken, or the order book is damaged.",
    Exit.TRY_AGAIN: "Try again later: network, quota, problems of the service, or another run in progress.",
    Exit.NOT_ALLOWED: "Not allowed: credentials, roles or authorisation.",
    Exit.CONFIGURATION: "No store, a bad config file, or no keyring.",
    Exit.INTERRUPTED: "Interrupted (Ctrl-C). The message says what is safe.",
}


def environment_page() -> str:
    """The page on the variables, in the form of Markdown, without a title."""
    return "\n".join(_environment_lines())


def exit_codes_page() -> str:
    """The page on the exit codes, in the form of Markdown, without a title."""
    rows = [(str(int(code)), meaning) for code, meaning in EXIT_CODES.items()]
    return "\n".join([*_table(("code", "meaning"), rows), ""])


def _environment_lines() -> Iterator[str]:
    yield "None of them has to be set. In the names `<STORE>` is the store's short name in capitals, with `_` for `-`:"
    yield "`MY_SHOP` for `my-shop`. For secrets, the variable counts first, then its `_FILE`, then the credentials"
    yield "directory, then the keyring. `amzlink explain servers` shows how to use them."
    yield ""
    for subject, variables in ENVIRONMENT.items():
        yield f"### {subject}"
        yield ""
        yield from _table(("variable", "meaning"), [(f"`{name}`", meaning) for name, meaning in variables.items()])
        yield ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"
