"""How moving the order book looks: to a program and to a person."""

import msgspec

from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document
from amzlink.cli.views.words import counted
from amzlink.jobs.database import MoveReport


class TableRows(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows of a table were moved and compared."""

    table: str
    rows: int


class DatabaseMigrateDocument(Document, frozen=True, kw_only=True):
    """`database migrate --json`. `source` is a file. `target`, and `url` for config.toml, are without a password.

    `was_there`: an earlier run had copied everything already. `replaced`: an earlier run had copied an older state of
    this order book, nobody has used that copy since, and this one replaces it. `changed_texts` had a character that
    PostgreSQL does not take, and have another in its place. `switched`: config.toml names the new place now.
    """

    source: str
    target: str
    url: str
    rows: int
    tables: list[TableRows]
    changed_texts: int
    was_there: bool
    replaced: bool
    switched: bool
    dry_run: bool


def show_move(console: Console, report: MoveReport) -> None:
    """What was moved, what the settings say, and what stays."""
    console.result(lambda: _document(report), lambda: _tell(console, report))


def _document(report: MoveReport) -> DatabaseMigrateDocument:
    contents = report.found.contents
    return DatabaseMigrateDocument(
        source=str(report.old_file),
        target=report.target,
        url=report.url,
        rows=contents.total,
        tables=[TableRows(table=table, rows=rows) for table, rows in contents.rows.items()],
        changed_texts=contents.unkept_texts,
        was_there=report.found.was_there,
        replaced=report.found.replaced,
        switched=report.switched,
        dry_run=report.dry_run,
    )


def _tell(console: Console, report: MoveReport) -> None:
    contents = report.found.contents
    rows = f"{counted(contents.total, 'row')} of {counted(report.stores, 'store')}"
    if report.found.was_there:
        console.line(f"All {rows} are in {report.target} already, from an earlier run. Every row was compared.")
    elif report.dry_run:
        console.line(f"{rows} would be copied to {report.target}, and compared. The database is ready for it.")
    else:
        console.line(f"{rows} were copied to {report.target}. Every row was compared.")
    replaced = "would be replaced" if report.dry_run else "was replaced"
    if report.found.replaced:
        console.line(f"An earlier run ended before it was done. Nobody has used its copy there, and it {replaced}.")
    if contents.unkept_texts:
        texts = counted(contents.unkept_texts, "text")
        console.line(f"In {texts}, a character that PostgreSQL does not take (NUL) {replaced} by another.")
    if report.dry_run:
        console.line("Nothing was changed.")
        return
    _tell_settings(console, report)
    if report.switched:
        console.line(
            f"The old order book stays in {report.old_file}. Its personal data is encrypted, and nobody can read it "
            f"after {counted(report.retention_days, 'day')}. Delete the old order book when you no longer need it."
        )


def _tell_settings(console: Console, report: MoveReport) -> None:
    if report.switched:
        console.line("config.toml names the new order book now. On other machines, set the same `url`:")
    else:
        console.line("The settings were not changed, so amzlink still uses the old order book.")
        console.line("What it writes there from now on is not in the copy. To use the copy, write into config.toml:")
    console.line()
    console.line("    [database]")
    console.line(f'    url = "{report.url}"')
    console.line()
    if report.needs_password and report.switched:
        console.line(
            "The server asks for the password, so config.toml has it too. Only you can read that file. To take it out, "
            "put it into ~/.pgpass and use the lines above."
        )
    elif report.needs_password:
        console.line("The server asks for the password: put it into ~/.pgpass.")
