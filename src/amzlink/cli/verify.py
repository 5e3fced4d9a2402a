"""verify: find out why a link does not work."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from amzlink.cli.shell.session import Session
from amzlink.problems import Problem, usage

if TYPE_CHECKING:
    from amzlink.cli.views.diagnosis import VerifyView
    from amzlink.deps import Deps
    from amzlink.jobs.verify import Verification, VerifyOptions


def verify_command(
    ctx: typer.Context,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also test confirming shipments, and check all of the order book.")
    ] = False,
    timeout: Annotated[str, typer.Option(metavar="10s", help="The longest that one check may take.")] = "10s",
    bundle: Annotated[
        str | None,
        typer.Option(metavar="FILE.zip", help="Write a file for support, without secrets and personal data."),
    ] = None,
    all_stores: Annotated[bool, typer.Option("--all-stores", help="Test every store.")] = False,
    order: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Add the state of this order to --bundle. May be given several times."),
    ] = None,
) -> None:
    """Test the connection to Amazon and Sendcloud, and say what to fix."""
    from amzlink.cli.shell.values import parse_file, parse_order_ids, parse_span
    from amzlink.cli.views.diagnosis import VerifyView
    from amzlink.jobs.verify import VerifyOptions, unexamined, verify

    session: Session = ctx.obj
    view = VerifyView(session.console)
    file = parse_file("--bundle", bundle) if bundle is not None else None
    if order and file is None:
        session.console.usage(usage.ORDER_WITHOUT_BUNDLE)
    if file is not None and all_stores:
        session.console.usage(usage.BUNDLE_AND_ALL_STORES)
    order_ids = parse_order_ids(order or ())
    options = VerifyOptions(deep=deep, limit=parse_span("--timeout", timeout))
    if all_stores:
        _verify_all(session, options)
        return
    wanted = session.options.store
    source: Deps | Problem
    try:
        source = session.deps
    except Problem as problem:  # no folder of amzlink's can be used: support gets what can be had without
        source, verification = problem, unexamined(problem, wanted, view.line)
    else:
        try:
            verification = verify(source, wanted, options, view.line)
        except Problem as problem:
            # A link that could not be made needs help most: support gets a bundle without a store too.
            if file is None:
                raise
            verification = unexamined(problem, None, view.line)
    if file:
        _write_bundle(view, file, source, verification, order_ids)
    session.exit_code = view.end(verification)


def _verify_all(session: Session, options: "VerifyOptions") -> None:
    from amzlink.cli.views.diagnosis import VerifyAllView
    from amzlink.jobs.verify import verify_all

    session.stores(all_stores=True)
    view = VerifyAllView(session.console)
    session.exit_code = view.end(verify_all(session.deps, options, view.store))


def _write_bundle(
    view: "VerifyView", file: str, source: "Deps | Problem", verification: "Verification", order_ids: Sequence[str]
) -> None:
    import os
    from pathlib import Path

    from amzlink.cli.views.diagnosis import bundled, bundled_orders
    from amzlink.clock import SystemClock
    from amzlink.jobs.diagnosis.order_states import order_states
    from amzlink.jobs.diagnosis.support_bundle import write_bundle

    documents = {"verify.json": bundled(verification)}
    states = order_states(source, verification.store, order_ids)
    if states:
        documents["orders.json"] = bundled_orders(verification.store, states)
    parts = write_bundle(source, Path(file), documents, environ=os.environ, now=SystemClock().now())
    view.bundle(file, parts, states)
