"""Secrets that were written to files: the lines by which a shell, cron and systemd let amzlink find them.

Each line stands by itself and is never broken, because people copy it.
"""

import dataclasses
import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from amzlink.cli.shell.console import Console
from amzlink.cli.views.words import by_number
from amzlink.core.schedule import systemd
from amzlink.deps import Deps
from amzlink.jobs.schedule.environment import CARRIED, NO_PROXY, PROXIES, absolute
from amzlink.jobs.stores.settings import Shown
from amzlink.problems import store_option
from amzlink.schedulers.here import own_program
from amzlink.secrets.files import FileSecrets
from amzlink.secrets.names import NAMES, variable


@dataclass(frozen=True, slots=True)
class Lines:
    """What has to be set for one store: `variables` in their order, and each secret's file by systemd's name for it."""

    slug: str
    program: str
    variables: Mapping[str, str]
    credentials: Mapping[str, Path]

    def shell(self) -> Iterator[str]:
        """For commands that are run by hand."""
        for name, value in self.variables.items():
            yield f"export {name}={shlex.quote(value)}"

    def cron(self) -> Iterator[str]:
        """For a crontab."""
        for name, value in self.variables.items():
            yield f"{name}={value}"
        for minutes, command in (("*/15", "import-orders"), ("7-59/15", "push-status")):
            yield f"{minutes} * * * * {self._command(command)}".replace("%", r"\%")

    def systemd(self) -> Iterator[str]:
        """For the service that imports orders."""
        yield "[Service]"
        yield "Type=oneshot"
        yield f"User={_user()}"
        yield systemd.start_of(shlex.split(self._command("import-orders")))
        yield "SuccessExitStatus=75"
        files = {str(file) for file in self.credentials.values()}
        for name, file in self.credentials.items():
            yield systemd.credential(name, str(file))
        for name, value in self.variables.items():
            if value not in files:
                yield systemd.setting(name, value)

    def _command(self, command: str) -> str:
        return f"{self.program} {command}{store_option(self.slug)}"


def show_lines(console: Console, deps: Deps, slug: str) -> None:
    """How a store's files are found by amzlink; nothing, where its secrets are in the keyring or were there before."""
    kept = deps.secrets
    if console.as_json or not isinstance(kept, FileSecrets) or kept.folder is None:
        return
    lines = _lines(deps.environ, kept, slug)
    console.line(f"The secrets are in files in {kept.folder}. amzlink finds them by the variables below.")
    _block(console, "For commands that you run by hand: paste this, and add it to ~/.profile.", lines.shell())
    _block(console, "For cron: run `crontab -e` and add this.", lines.cron())
    if sys.platform == "linux":
        _block(
            console,
            "For systemd: this is the service that imports orders. `amzlink explain servers` shows its timer, and the "
            "service with push-status.",
            lines.systemd(),
        )
    if proxies := [name for name in (*PROXIES, *NO_PROXY) if deps.environ.get(name)]:  # they may hold a password
        is_set, them = by_number(len(proxies), "is", "are"), by_number(len(proxies), "it", "them")
        console.say(f"{', '.join(proxies)} {is_set} set here. Set {them} for cron and systemd too.")
    console.say()


def variables_of_files(deps: Deps, slug: str) -> Mapping[str, str]:
    """The variables by which the files that were written are found; none where the secrets are elsewhere."""
    kept = deps.secrets
    if not isinstance(kept, FileSecrets) or kept.folder is None:
        return {}
    return _lines(deps.environ, kept, slug).variables


def show_lines_again(console: Console, deps: Deps, shown: Shown) -> None:
    """The same for who has started a session without these variables, or asks for more words."""
    folder = shown.store.secrets_folder
    unnamed = any(place.file and not place.source for place in (shown.secrets or {}).values())
    if folder and (unnamed or console.verbose) and not console.as_json:
        console.line()
        show_lines(console, dataclasses.replace(deps, secrets=FileSecrets(deps.secrets, Path(folder))), shown.slug)


def _block(console: Console, text: str, lines: Iterator[str]) -> None:
    console.line()
    console.line(text)
    console.line()
    out = console.data()
    for line in lines:
        out.write(f"{line}\n")


def _lines(environ: Mapping[str, str], kept: FileSecrets, slug: str) -> Lines:
    variables = {name: absolute(name, environ[name]) for name in CARRIED if environ.get(name)}
    credentials = {}
    for name in NAMES:
        given = f"{variable(slug, name)}_FILE"
        file = kept.file_of(slug, name)
        if file and (name == "vault-key" or file.exists()):  # the vault key is made by the first import
            variables[given] = str(file)
            if name != "vault-key":
                credentials[f"{slug}.{name}"] = file
        elif environ.get(given):
            variables[given] = absolute(given, environ[given])
            if name != "vault-key":
                credentials[f"{slug}.{name}"] = Path(variables[given])
    return Lines(slug, shlex.join(own_program()), variables, credentials)


def _user() -> str:
    """The user of this process, by name, or by number where it has none."""
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
