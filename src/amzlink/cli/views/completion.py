"""How completion for a shell looks: its script, and what was set up; to a program and to a person."""

from amzlink.cli.completion.install import Installed
from amzlink.cli.completion.scripts import SCRIPTS
from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document, path_text


class CompletionDocument(Document, frozen=True, kw_only=True):
    """`--show-completion --json`."""

    shell: str
    script: str


class InstalledCompletionDocument(Document, frozen=True, kw_only=True):
    """`--install-completion --json`. `startup_file` has the line that loads `script`; None: the shell finds it."""

    shell: str
    script: str
    startup_file: str | None
    line: str | None
    changed: list[str]


def show_script(console: Console, shell: str) -> None:
    """The script, to load or to keep elsewhere."""
    console.result(
        lambda: CompletionDocument(shell=shell, script=SCRIPTS[shell]), lambda: print(SCRIPTS[shell], end="")
    )


def show_installed(console: Console, done: Installed) -> None:
    """What was written, and how it is undone."""
    console.result(
        lambda: InstalledCompletionDocument(
            shell=done.shell,
            script=path_text(done.script),
            startup_file=path_text(done.startup) if done.startup else None,
            line=done.line or None,
            changed=[path_text(file) for file in done.changed],
        ),
        lambda: _print(console, done),
    )


def _print(console: Console, done: Installed) -> None:
    if done.changed:
        console.line(f"Completion for {done.shell} is set up. Open a new terminal to use it.")
    else:
        console.line(f"Completion for {done.shell} was set up before. Nothing was changed.")
    console.line(str(done.script), lead="  Script:     ")
    undo = "delete the script."
    if done.startup:
        console.line(str(done.startup), lead="  Loaded by:  ")
        undo = f"delete the script, and the line that ends with “# completion of amzlink” in {done.startup}."
    console.line(undo, lead="  To undo:    ")
