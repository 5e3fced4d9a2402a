"""sandbox: a local Amazon and Sendcloud to test with."""

from typing import Annotated

import typer

from amzlink.cli.shell.session import Session


def sandbox_command(
    ctx: typer.Context,
    port: Annotated[
        int, typer.Option(metavar="PORT", help="The port to listen on. Any free port if left out.", min=0, max=65535)
    ] = 0,
    orders: Annotated[int, typer.Option(metavar="N", help="How many orders the shop has.", min=0)] = 200,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Switch on a fault. May be given several times. The name help lists all faults."
        ),
    ] = None,
    quota: Annotated[str, typer.Option(metavar="real|fast|off", help="How strict the quotas are.")] = "real",
    seed: Annotated[int, typer.Option(metavar="N", help="Another number makes another shop.")] = 7,
) -> None:
    """Run a local stand-in for Amazon and Sendcloud, to try things out.

    It prints its addresses as one line of JSON. Ctrl-C stops it.
    """
    from amzlink.cli.shell.values import parse_choice
    from amzlink.cli.views.sandbox import show_faults, show_sandbox
    from amzlink.core.nearest import nearest
    from amzlink.problems import usage
    from amzlink.sandbox.faults import FAULTS
    from amzlink.sandbox.server import Sandbox

    session: Session = ctx.obj
    parse_choice("--quota", quota, "real", "fast", "off")
    if fault == ["help"]:
        show_faults(session.console, FAULTS.values())
        return
    if unknown := sorted(set(fault or ()) - set(FAULTS)):
        meant = nearest(unknown[0], FAULTS)
        session.console.usage(usage.faults_unknown(names=unknown, known=sorted(FAULTS), nearest=meant))
    sandbox = Sandbox(port=port, orders=orders, seed=seed, quota=quota, faults=fault or ())  # type: ignore[arg-type]
    try:
        sandbox.start()
    except OSError as error:  # another program listens there, or the port is not for this user
        session.console.usage(usage.port_unusable(port=port, reason=str(error.strerror).lower()))
    with sandbox:
        show_sandbox(session.console, sandbox.describe())
        sandbox.serve_forever()
