"""check-weights: find products without a shipping weight or customs data, and fix them."""

import contextlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from amzlink.cli.shell.session import Session
from amzlink.problems import usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amzlink.core.weights.customs import CustomsData
    from amzlink.core.weights.rows import WeightRefusal
    from amzlink.jobs.check_weights import CheckReport

T = TypeVar("T")


def check_weights_command(
    ctx: typer.Context,
    all_listings: Annotated[
        bool, typer.Option("--all-listings", help="Check the whole catalogue, not only open orders.")
    ] = False,
    output: Annotated[
        str | None, typer.Option(metavar="FILE.csv|-", help="Write a table to fill in for --from.")
    ] = None,
    set_weights: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="SKU=0.45kg", help="Set the weight of a product. May be given several times."),
    ] = None,
    set_customs: Annotated[
        list[str] | None,
        typer.Option(
            "--customs", metavar="SKU=HS,CC", help="Set HS code and origin of a product. May be given several times."
        ),
    ] = None,
    forget: Annotated[
        list[str] | None,
        typer.Option(
            "--forget",
            metavar="SKU",
            help="Drop the weight and customs data that were set here. May be given several times.",
        ),
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE.csv", help="Set weights and customs data from a file.")
    ] = None,
    accept_suggestions: Annotated[
        bool, typer.Option("--accept-suggestions", help="Set the suggested weights.")
    ] = False,
    apply: Annotated[
        bool | None,
        typer.Option(
            "--apply/--dry-run", help="Write the weights to Amazon's listings too, or only show what would be done."
        ),
    ] = None,
) -> None:
    """Find products without a shipping weight or customs data, and set both."""
    from amzlink.cli.shell.values import parse_output
    from amzlink.cli.views.weights import show
    from amzlink.core.weights.customs import parse_customs
    from amzlink.core.weights.weights import parse_setting
    from amzlink.jobs.check_weights import CheckOptions, check_weights

    session: Session = ctx.obj
    file = parse_output("--output", output)
    (slug,) = session.stores(all_stores=False)
    given = _given(session, slug, source)
    _add(session, given.weights, set_weights or [], parse_setting, usage.weight_setting_invalid)
    _add(session, given.customs, set_customs or [], parse_customs, usage.customs_setting_invalid)
    options = CheckOptions(
        all_listings=all_listings,
        weights=given.weights,
        customs=given.customs,
        bad_customs=frozenset(entry.sku for entry in given.refused if entry.sku and entry.of_customs),
        forget=_to_forget(session, forget or [], given),
        accept_suggestions=accept_suggestions,
        apply=apply is True,
        dry_run=apply is False,
    )
    if options.apply:
        session.interruption = usage.WEIGHTS_SENT_IN_PART
    report = check_weights(session.deps, slug, options)
    with (
        _table_on_stdout(session, report) if output == "-" and not session.console.as_json else contextlib.nullcontext()
    ):
        session.exit_code = show(
            session.console, report, given.refused, output=Path(file) if file else None, options=options, source=source
        )


@contextlib.contextmanager
def _table_on_stdout(session: Session, report: "CheckReport") -> "Iterator[None]":
    """Write the table to fill in to standard output, where all else would be in its way and goes to stderr."""
    from amzlink.core.weights.rows import write_weight_csv

    if report.skus or report.problem is None:
        write_weight_csv(session.console.data(), [checked.entry for checked in report.skus], byte_order_mark=False)
    with contextlib.redirect_stdout(sys.stderr):
        yield


@dataclass
class _Given:
    """What the merchant gives, by SKU: weights in grams, and customs data."""

    weights: "dict[str, int]"
    customs: "dict[str, CustomsData]"
    refused: "tuple[WeightRefusal, ...]" = ()


def _given(session: Session, slug: str, source: Path | None) -> _Given:
    """What is in the file."""
    from amzlink.core.weights.customs import NO_CUSTOMS
    from amzlink.core.weights.rows import read_weights
    from amzlink.files.reading import given_file
    from amzlink.jobs.check_weights import known_here

    if not source:
        return _Given({}, {})
    with given_file(source) as stream, known_here(session.deps, slug) as known:
        read = read_weights(stream, file=str(source), known=known.weight, known_customs=known.customs)
    return _Given(
        {row.sku: row.grams for row in read.rows if row.grams is not None},
        {row.sku: row.customs for row in read.rows if row.customs != NO_CUSTOMS},
        read.refused,
    )


def _add(
    session: Session,
    given: dict[str, T],
    settings: Sequence[str],
    parse: Callable[[str], tuple[str, T]],
    complaint: Callable[..., str],
) -> None:
    """What is on the command line, which counts more than what is in the file."""
    for text in settings:
        try:
            sku, value = parse(text)
        except ValueError as error:
            session.console.usage(complaint(setting=text, reason=str(error)))
        given[sku] = value


def _to_forget(session: Session, skus: Sequence[str], given: _Given) -> tuple[str, ...]:
    """The SKUs of which all is to be forgotten; one that is given something at the same time is a contradiction."""
    named = tuple(sku.strip() for sku in skus)
    if not all(named):
        session.console.usage(usage.NO_SKU_TO_FORGET)
    if both := sorted(set(named) & (given.weights.keys() | given.customs.keys())):
        session.console.usage(usage.set_and_forgotten(skus=both))
    return named
