"""verify: find out why a link does not work."""

from typing import Annotated

import typer

from amzlink.cli.shell.session import Session
from amzlink.problems import Problem, ProblemName


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
) -> None:
    """Test the connection to Amazon and Sendcloud, and say what to fix."""
    from amzlink.cli.shell.values import parse_file, parse_span
    from amzlink.cli.views.diagnosis import VerifyView, bundled
    from amzlink.jobs.verify import VerifyOptions, unexamined, verify

    session: Session = ctx.obj
    view = VerifyView(session.console)
    file = parse_file("--bundle", bundle) if bundle is not None else None
    options = VerifyOptions(deep=deep, limit=parse_span("--timeout", timeout))
    try:
        deps = session.deps
    except Problem as problem:  # no folder of amzlink's can be used, so no bundle can be written from them either
        session.exit_code = view.end(unexamined(problem, session.options.store, view.line))
        return
    try:
        verification = verify(deps, session.options.store, options, view.line)
    except Problem as problem:
        # A link that could not be made needs help most: support gets a bundle without a store too.
        if file is None or problem.name not in (ProblemName.NO_STORE, ProblemName.WHICH_STORE):
            raise
        verification = unexamined(problem, None, view.line)
    if file:
        from pathlib import Path

        from amzlink.jobs.diagnosis.support_bundle import write_bundle

        view.bundle(file, write_bundle(deps, bundled(verification), Path(file)))
    session.exit_code = view.end(verification)
