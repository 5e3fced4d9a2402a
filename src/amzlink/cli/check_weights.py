"""check-weights: find products without a shipping weight, and fix them."""

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amzlink.cli.shell.session import Session
from amzlink.problems import usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from amzlink.core.weights.rows import WeightRefusal
    from amzlink.jobs.check_weights import CheckReport


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
    forget: Annotated[
        list[str] | None,
        typer.Option(
            "--forget",
            metavar="SKU",
            help="Drop a weight that was set here, so that Amazon's counts again. May be given several times.",
        ),
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE.csv", help="Set the weights in a file.")
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
    """Find products without a shipping weight, and set weights."""
    from amzlink.cli.shell.values import parse_output
    from amzlink.cli.views.weights import show
    from amzlink.jobs.check_weights import CheckOptions, check_weights

    session: Session = ctx.obj
    file = parse_output("--output", output)
    (slug,) = session.stores(all_stores=False)
    weights, refused = _given(session, slug, set_weights or [], source)
    options = CheckOptions(
        all_listings=all_listings,
        weights=weights,
        forget=_to_forget(session, forget or [], weights),
        accept_suggestions=accept_suggestions,
        apply=apply is True,
        dry_run=apply is False,
    )
    if options.apply:
        session.interruption = usage.WEIGHTS_SENT_IN_PART
    report = check_weights(session.deps, slug, options)
    with _table_on_stdout(report) if output == "-" and not session.console.as_json else contextlib.nullcontext():
        session.exit_code = show(
            session.console, report, refused, output=Path(file) if file else None, dry_run=options.dry_run
        )


@contextlib.contextmanager
def _table_on_stdout(report: "CheckReport") -> "Iterator[None]":
    """Write the table to fill in to standard output, where all else would be in its way and goes to stderr."""
    from amzlink.core.weights.rows import write_weight_csv

    if report.skus or report.problem is None:
        write_weight_csv(sys.stdout, [checked.entry for checked in report.skus], byte_order_mark=False)
    with contextlib.redirect_stdout(sys.stderr):
        yield


def _given(
    session: Session, slug: str, settings: Sequence[str], source: Path | None
) -> "tuple[dict[str, int], tuple[WeightRefusal, ...]]":
    """The weights on the command line and in the file, in grams; what stands on the command line counts more."""
    from amzlink.core.weights.rows import read_weights
    from amzlink.core.weights.weights import BadWeightError, parse_setting
    from amzlink.jobs.check_weights import weights_here
    from amzlink.problems import Problem, ProblemName

    weights: dict[str, int] = {}
    refused: tuple[WeightRefusal, ...] = ()
    if source:
        try:
            with source.open("rb") as stream, weights_here(session.deps, slug) as known:
                read = read_weights(stream, file=str(source), known=known)
        except OSError as error:
            detail = error.strerror or usage.FILE_UNREADABLE
            raise Problem(ProblemName.INPUT_MALFORMED, file=source, detail=detail) from error
        weights = {row.sku: row.grams for row in read.rows}
        refused = read.refused
    for text in settings:
        try:
            sku, grams = parse_setting(text)
        except BadWeightError as error:
            session.console.usage(usage.weight_setting_invalid(setting=text, reason=str(error)))
        weights[sku] = grams
    return weights, refused


def _to_forget(session: Session, skus: Sequence[str], weights: "Mapping[str, int]") -> tuple[str, ...]:
    """The SKUs whose weight is to be forgotten; one that is given a weight at the same time is a contradiction."""
    named = tuple(sku.strip() for sku in skus)
    if not all(named):
        session.console.usage(usage.NO_SKU_TO_FORGET)
    if both := sorted(set(named) & weights.keys()):
        session.console.usage(usage.weight_set_and_forgotten(skus=both))
    return named
