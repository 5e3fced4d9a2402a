"""The commands, put together; and what happens to everything that goes wrong in one of them."""

import errno
import io
import os
import re
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
import typer.main

from amzlink import __version__
from amzlink.cli.check_weights import check_weights_command
from amzlink.cli.connect import connect_command
from amzlink.cli.database import database_app
from amzlink.cli.demo import demo_command
from amzlink.cli.disconnect import disconnect_command
from amzlink.cli.explain import explain_command
from amzlink.cli.help import ANYWHERE, GROUPS, HelpfulCommand, HelpfulGroup, options_of
from amzlink.cli.import_orders import import_orders_command
from amzlink.cli.orders import orders_app
from amzlink.cli.purge_pii import purge_pii_command
from amzlink.cli.push_status import push_status_command
from amzlink.cli.sandbox import sandbox_command
from amzlink.cli.schedule import schedule_app
from amzlink.cli.shell.console import Console
from amzlink.cli.shell.global_options import GlobalOptions, split
from amzlink.cli.shell.session import Session
from amzlink.cli.status import status_command
from amzlink.cli.stores import stores_app
from amzlink.cli.verify import verify_command
from amzlink.core.nearest import nearest
from amzlink.files.os_errors import translate
from amzlink.problems import Exit, Problem, ProblemName, usage

if TYPE_CHECKING:
    from amzlink.cli.views.version import VersionDocument
    from amzlink.deps import Deps

# What all of Typer's complaints about the command line have in common; Typer does not export it by name.
_ComplaintOfTyper: Final[type[Exception]] = typer.BadParameter.__mro__[2]
# Errors that name no file can only be stdout's: those of all other files are problems by the time they come here.
_OF_STDOUT: Final = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF)

# Typer knows no option that may go without its value.
_COMPLETION: Final = re.compile(r"--(?P<what>install|show)-completion(?:[ =](?P<shell>[^ ]*))?")

_EXTRA_WORDS: Final = re.compile(r"Got unexpected extra argument\(s\) \((?P<words>.*)\)", re.DOTALL)

app = typer.Typer(
    name="amzlink",
    cls=HelpfulGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _global(
    store: Annotated[
        str | None,
        typer.Option(metavar="SLUG", rich_help_panel=ANYWHERE, help="The store to use, by its short name."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", rich_help_panel=ANYWHERE, help="Print the result as one JSON document.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", rich_help_panel=ANYWHERE, help="Show problems and results only.")
    ] = False,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            rich_help_panel=ANYWHERE,
            help="Show more. Given twice it shows details for a bug report.",
        ),
    ] = 0,
    no_color: Annotated[bool, typer.Option("--no-color", rich_help_panel=ANYWHERE, help="Use no colours.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
    install_completion: Annotated[
        str | None,
        typer.Option(
            metavar="bash|zsh|fish",
            help="Let Tab complete commands, options and names, in this shell or else in your own.",
        ),
    ] = None,
    show_completion: Annotated[
        str | None, typer.Option(metavar="bash|zsh|fish", help="Print the script for that, and change nothing.")
    ] = None,
) -> None:
    """Import the orders of your Amazon shop, send them to Sendcloud, and confirm the shipments to Amazon."""
    # Those for every command may stand anywhere, so `global_options.split` has taken them out before, and `_invoke` has
    # done what the others ask for; here they are for the help.


_SET_UP, _EVERY_DAY, _LOOK, _LEARN = GROUPS
app.command("connect", rich_help_panel=_SET_UP)(connect_command)
app.add_typer(stores_app, name="stores", cls=HelpfulGroup, rich_help_panel=_SET_UP)
app.add_typer(schedule_app, name="schedule", cls=HelpfulGroup, rich_help_panel=_SET_UP)
app.add_typer(database_app, name="database", cls=HelpfulGroup, rich_help_panel=_SET_UP)
app.command("disconnect", rich_help_panel=_SET_UP)(disconnect_command)
app.command("import-orders", rich_help_panel=_EVERY_DAY)(import_orders_command)
app.command("push-status", rich_help_panel=_EVERY_DAY)(push_status_command)
app.command("check-weights", rich_help_panel=_EVERY_DAY)(check_weights_command)
app.command("purge-pii", rich_help_panel=_EVERY_DAY)(purge_pii_command)
app.command("status", rich_help_panel=_LOOK)(status_command)
app.add_typer(orders_app, name="orders", cls=HelpfulGroup, rich_help_panel=_LOOK)
app.command("verify", rich_help_panel=_LOOK)(verify_command)
app.command("explain", rich_help_panel=_LEARN)(explain_command)
app.command("demo", rich_help_panel=_LEARN)(demo_command)
app.command("sandbox", rich_help_panel=_LEARN)(sandbox_command)
_APPS: Final = {"database": database_app, "orders": orders_app, "schedule": schedule_app, "stores": stores_app}
for _registered in (command for each in (app, *_APPS.values()) for command in each.registered_commands):
    _registered.cls = HelpfulCommand


def run(argv: Sequence[str], deps: "Deps | None" = None) -> int:
    """Run one command line and give its exit code. Nothing is raised: what fails is told, with its name."""
    return _run_and_flush(argv, deps, step=False)


def _run_step(argv: Sequence[str], deps: "Deps | None") -> int:
    """Run a command line as a step of another command. Ctrl-C ends both, and the other says what is true then."""
    return _run_and_flush(argv, deps, step=True)


def _run_and_flush(argv: Sequence[str], deps: "Deps | None", *, step: bool) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Titles and names come in all scripts. A pipe or file gets them whole, a terminal as far as it can show them.
        if sys.stdout.isatty():
            sys.stdout.reconfigure(errors="replace")
        else:
            sys.stdout.reconfigure(encoding="utf-8")
    code = _complete(argv[1:]) if argv[:1] == ["--complete"] else _run(argv, deps, step=step)
    try:
        sys.stdout.flush()
    except OSError as error:
        return _cannot_write(error, code)
    return code


def _run(argv: Sequence[str], deps: "Deps | None", *, step: bool) -> int:
    console = Console(as_json="--json" in argv, color="NO_COLOR" not in os.environ)
    try:
        options = split(argv)
    except Problem as problem:
        return console.fail(problem)
    console = Console(
        as_json=options.as_json,
        quiet=options.quiet,
        verbose=options.verbose,
        color=not options.no_color and "NO_COLOR" not in os.environ,
        command=_command_name(options),
    )
    session = Session(options, console, _run_step, deps)
    try:
        return _invoke(options, session)
    except KeyboardInterrupt:
        if step:
            raise
        console.say()
        return console.fail(Problem(ProblemName.INTERRUPTED, **session.interruption.facts))
    except Problem as problem:
        return _tell(problem.with_facts(command=_command_name(options)), session)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug is told as one, never as a traceback
        if isinstance(error, OSError) and error.errno in _OF_STDOUT and error.filename is None:
            return _cannot_write(error, Exit.DONE)
        return _report_bug(error, session)
    finally:
        console.clear_progress()


def _tell(problem: Problem, session: Session) -> int:
    try:
        return session.fail(problem)
    except Exception:  # noqa: BLE001 - what stopped the command keeps its alarms from working too
        return session.console.fail(problem)


def _cannot_write(error: OSError, code: int) -> int:
    """Stdout does not take the results: nobody reads them any more (`| head`), which is fine, or the disk is full."""
    # Python would complain once more when it closes stdout.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return code
    return Console(color=False).fail(translate(error, Path("standard output")))


@cache
def _commands() -> Any:
    """All commands as they are run, made once: `demo`, and each test, runs many in one process."""
    return typer.main.get_command(app)


def _invoke(options: GlobalOptions, session: Session) -> int:
    if options.version:
        session.console.result(_version_document, lambda: session.console.line(f"amzlink {__version__}"))
        return Exit.DONE
    if options.rest and (match := _COMPLETION.fullmatch(" ".join(options.rest))):
        _set_up_completion(session, match["what"], match["shell"])
        return Exit.DONE
    try:
        outcome = _commands()(options.rest, standalone_mode=False, obj=session, prog_name="amzlink")
    except _ComplaintOfTyper as error:
        detail = _detail_of(error)
        if detail.startswith("Usage:") and not options.as_json:
            for line in detail.splitlines():
                session.console.tell(line)  # a command was left out: its help says which there are
            return Exit.USAGE
        if not detail or detail.startswith("Usage:"):
            detail = usage.COMMAND_MISSING
        raise Problem(ProblemName.USAGE, command=_command_name(options), detail=detail) from error
    except typer.Abort:  # what Typer makes of the end of input at a hidden question
        raise KeyboardInterrupt from None
    except SystemExit:  # what Typer makes of a pipe that nobody reads
        raise BrokenPipeError(errno.EPIPE, "nobody reads") from None
    if outcome == Exit.INTERRUPTED:  # Typer makes an exit code of Ctrl-C, without a word
        raise KeyboardInterrupt
    return int(outcome) if isinstance(outcome, int) else int(session.exit_code)


def _complete(asked: Sequence[str]) -> int:
    from amzlink.cli.completion.answer import answer

    return answer(app, asked)


def _set_up_completion(session: Session, what: str, shell: str | None) -> None:
    """`--install-completion` and `--show-completion`, for the shell that is named or else the user's own."""
    from amzlink.cli.completion.install import install, shell_of
    from amzlink.cli.completion.scripts import SCRIPTS
    from amzlink.cli.views.completion import show_installed, show_script

    shell = shell or shell_of(os.environ)
    if shell not in SCRIPTS:
        session.console.usage(usage.shell_unknown(option=f"--{what}-completion", shells=list(SCRIPTS), given=shell))
    if what == "show":
        show_script(session.console, shell)
    else:
        show_installed(session.console, install(shell, session.deps.home, os.environ))


def _detail_of(error: Any) -> str:
    """What is wrong with the words on the line. Where Typer says it for programmers, in ours."""
    if hasattr(error, "possibilities"):
        return _unknown_option(error)
    complain = getattr(error, "format_message", error.__str__)
    detail = str(complain())
    extra = _EXTRA_WORDS.fullmatch(detail)
    return _unexpected(extra["words"]) if extra else detail


def _unknown_option(error: Any) -> str:
    """What Typer says of an option that the command does not take, with those of ours that look like it."""
    known = dict.fromkeys((*options_of(error.ctx.command), *options_of(error.ctx.find_root().command)))
    option = error.option_name
    return usage.option_unknown(option=option, nearest=nearest(option, known))


def _unexpected(words: str) -> str:
    """What Typer says of words that the command has no use for; often one is a store's."""
    from amzlink.cli.shell.store_names import store_names

    stores = store_names(os.environ)
    return usage.words_unexpected(words=words, store=next((word for word in words.split() if word in stores), None))


def _version_document() -> "VersionDocument":
    from amzlink.cli.views.version import VersionDocument

    return VersionDocument()


def _command_name(options: GlobalOptions) -> str:
    """The command as far as it was understood, for `--help`."""
    words = [word for word in options.rest[:2] if not word.startswith("-")]
    if not words or words[0] not in {*_APPS, *(command.name for command in app.registered_commands)}:
        return "amzlink"
    group = _APPS.get(words[0])
    inner = {command.name for command in group.registered_commands} if group else set()
    return " ".join(["amzlink", words[0], *(word for word in words[1:] if word in inner)])


def _report_bug(error: Exception, session: Session) -> int:
    try:
        from amzlink.cli.shell.crash import show_traceback, told_as_bug

        if session.console.verbose > 1:
            for line in show_traceback(error).splitlines():
                session.console.tell(line)
        problem = told_as_bug(session.console.command, session.deps.home.log, error)
    except Exception as second:  # noqa: BLE001 - what kept the command from working may keep the report from it too
        reason = second.name if isinstance(second, Problem) else type(second).__name__
        problem = Problem(ProblemName.INTERNAL_ERROR, file="none", advice=usage.no_crash_report(reason=str(reason)))
    return _tell(problem, session)
