"""orders: look at the order book, and lift or set a hold."""

from typing import Annotated

import typer

from amzlink.cli.shell.session import Session

orders_app = typer.Typer(help="Show the imported orders, and set and lift holds.", no_args_is_help=True)

OrderIdArgument = Annotated[str, typer.Argument(metavar="ID", help="Amazon's order number, or the beginning of it.")]
WithPii = Annotated[bool, typer.Option("--with-pii", help="With the buyers' personal data.")]
Status = Annotated[str | None, typer.Option(metavar="S", help="Only orders with this status, such as UNSHIPPED.")]
DueBefore = Annotated[str | None, typer.Option(metavar="TIME", help="Only orders to be shipped before this time.")]


@orders_app.command("list")
def list_command(ctx: typer.Context, status: Status = None, due_before: DueBefore = None) -> None:
    """List the orders, the most urgent first."""
    from amzlink.cli.shell.values import parse_filter
    from amzlink.cli.views.orders.lists import show_list
    from amzlink.jobs.orders.browse import list_orders

    session: Session = ctx.obj
    slug = session.store()
    wanted = parse_filter(status, due_before, lambda: session.now(slug))
    show_list(session.console, slug, list_orders(session.deps, slug, wanted), session.now(slug))


@orders_app.command("show")
def show_command(ctx: typer.Context, order_id: OrderIdArgument, with_pii: WithPii = False) -> None:
    """Show one order: what became of it, what it waits for, its lines and packages."""
    from amzlink.cli.views.orders.show import show_detail
    from amzlink.jobs.orders.show import show_order

    session: Session = ctx.obj
    slug = session.store()
    detail = show_order(session.deps, slug, order_id, with_personal=with_pii)
    show_detail(session.console, slug, detail, session.now(slug), with_pii=with_pii)


@orders_app.command("export")
def export_command(
    ctx: typer.Context,
    format_: Annotated[str, typer.Option("--format", metavar="csv|json|jsonl", help="The format of the file.")] = "csv",
    output: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Where to write; standard output if left out.")
    ] = None,
    with_pii: WithPii = False,
    status: Status = None,
    due_before: DueBefore = None,
) -> None:
    """Write the orders to a file, one row per order line."""
    from amzlink.cli.shell.values import parse_choice, parse_filter, parse_output
    from amzlink.cli.views.orders.export import export
    from amzlink.jobs.orders.browse import export_orders
    from amzlink.problems import Exit, Problem

    session: Session = ctx.obj
    parse_choice("--format", format_, "csv", "json", "jsonl")
    file = parse_output("--output", output)
    slug = session.store()
    wanted = parse_filter(status, due_before, lambda: session.now(slug))
    damaged: list[Problem] = []
    rows = export_orders(session.deps, slug, wanted, with_personal=with_pii, damaged=damaged)
    export(session.console, slug, rows, form=format_, output=file, with_pii=with_pii)
    for problem in damaged:
        session.console.warn(problem)
        session.exit_code = Exit.PARTLY


@orders_app.command("hold")
def hold_command(ctx: typer.Context, order_id: OrderIdArgument) -> None:
    """Put an order on hold until you release it."""
    from amzlink.cli.views.orders.holds import show_held
    from amzlink.jobs.orders.holds import hold_order
    from amzlink.jobs.orders.numbers import number_of

    session: Session = ctx.obj
    slug = session.store()
    number = number_of(session.deps, slug, order_id, session.console.command)
    hold_order(session.deps, slug, number)
    show_held(session.console, slug, number)


@orders_app.command("release")
def release_command(
    ctx: typer.Context,
    order_id: Annotated[str | None, typer.Argument(metavar="ID", help="Amazon's order number.")] = None,
    held: Annotated[
        str | None,
        typer.Option(metavar="prime", help="All Prime orders on hold whose carrier you may choose."),
    ] = None,
) -> None:
    """Lift an order's holds. A hold is set again only for a new cause."""
    from amzlink.cli.shell.values import parse_choice
    from amzlink.cli.views.orders.holds import show_released, show_released_orders
    from amzlink.core.orders.holds import Hold
    from amzlink.jobs.orders.holds import release_order, release_prime_orders
    from amzlink.jobs.orders.numbers import number_of
    from amzlink.problems import Exit, Problem, usage

    session: Session = ctx.obj
    if (order_id is None) == (held is None):
        session.console.usage(usage.ORDER_OR_HELD)
    if held is not None:
        parse_choice("--held", held, Hold.PRIME.value)
    slug = session.store()
    if order_id is None:
        show_released_orders(session.console, slug, Hold.PRIME, release_prime_orders(session.deps, slug))
        return
    number = number_of(session.deps, slug, order_id, session.console.command)
    try:
        lifted, nothing = release_order(session.deps, slug, number), ""
    except Problem as problem:
        if problem.exit_code is not Exit.DONE:
            raise
        lifted, nothing = (), problem.summary  # there was nothing to lift
    show_released(session.console, slug, number, lifted, nothing)
