"""orders: look at the order book, and lift or set a hold."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from amzlink.cli.shell.session import Session

if TYPE_CHECKING:
    from amzlink.cli.shell.values import AskedFor

orders_app = typer.Typer(help="Show the imported orders, and set and lift holds.", no_args_is_help=True)

OrderIdArgument = Annotated[str, typer.Argument(metavar="ID", help="Amazon's order number, or the beginning of it.")]
WithPii = Annotated[bool, typer.Option("--with-pii", help="With the buyers' personal data.")]
Status = Annotated[
    list[str] | None,
    typer.Option(metavar="S", help="Only orders with this status, such as UNSHIPPED. Repeat it for several; or all."),
]
Held = Annotated[
    str | None,
    typer.Option(metavar="[HOLD]", help="Only orders on hold: for this reason, such as prime, or for any if left out."),
]
Refused = Annotated[
    bool,
    typer.Option("--refused", help="Only orders that Sendcloud refused, or whose confirmation Amazon refused."),
]
Overdue = Annotated[
    bool, typer.Option("--overdue", help="Only orders past their ship-by date that are not confirmed to Amazon.")
]
Waiting = Annotated[
    bool,
    typer.Option(
        "--waiting",
        help="Only orders that wait for a label in Sendcloud, for the carrier's first scan, or for push-status.",
    ),
]
DueBefore = Annotated[
    str | None,
    typer.Option(
        metavar="today|tomorrow|TIME",
        help="Only orders to be shipped before this time, or before the end of that day where you are.",
    ),
]
Limit = Annotated[str | None, typer.Option(metavar="N|all", help="How many orders at most.")]

_USUAL_LIMIT: Final = 50
_FILTERS: Final[Mapping[str, tuple[Any, object]]] = {
    "status": (Status, None),
    "held": (Held, None),
    "refused": (Refused, False),
    "overdue": (Overdue, False),
    "waiting": (Waiting, False),
    "due_before": (DueBefore, None),
    "limit": (Limit, None),
}
"""The options of `AskedFor`, each with its default."""


def _takes_filters(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options that choose orders; it is handed them together, as `asked`."""
    own = [each for each in inspect.signature(command).parameters.values() if each.name != "asked"]
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in _FILTERS.items()
    ]

    @functools.wraps(command)
    def taking(**given: Any) -> None:
        from amzlink.cli.shell.values import AskedFor

        command(asked=AskedFor(**{name: given.pop(name) for name in _FILTERS}), **given)

    # Both, because Typer reads them both.
    taking.__signature__ = inspect.Signature([*own, *options])  # type: ignore[attr-defined]
    taking.__annotations__ = {each.name: each.annotation for each in (*own, *options)}
    return taking


@orders_app.command("list")
@_takes_filters
def list_command(
    ctx: typer.Context,
    asked: "AskedFor",
) -> None:
    """List the orders, the most urgent first.

    An order has to meet all options together, but only one of several `--status`. On a terminal you see 50 orders at
    most, and only those still to ship: `--limit all` and `--status all` show the others. A pipe and `--json` get all.
    """
    from amzlink.cli.shell.values import parse_filter, parse_limit
    from amzlink.cli.views.orders.lists import show_list
    from amzlink.jobs.orders.browse import STILL_TO_SHIP, look_at_orders

    session: Session = ctx.obj
    on_screen = session.console.on_screen
    most = parse_limit("--limit", asked.limit, _USUAL_LIMIT if on_screen else None)
    slug = session.store()
    usual = STILL_TO_SHIP if on_screen and not asked.refused else ()
    wanted = parse_filter(asked, lambda: session.now(slug), usual)
    with look_at_orders(session.deps, slug, wanted, most) as seen:
        show_list(session.console, slug, seen, wanted)


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
@_takes_filters
def export_command(
    ctx: typer.Context,
    format_: Annotated[str, typer.Option("--format", metavar="csv|json|jsonl", help="The format of the file.")] = "csv",
    output: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Where to write; standard output if left out.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file without a question.")] = False,
    with_pii: WithPii = False,
    *,
    asked: "AskedFor",
) -> None:
    """Write the orders to a file, one row per order line."""
    from amzlink.cli.shell.values import parse_choice, parse_filter, parse_limit, parse_output
    from amzlink.cli.views.orders.export import export, may_be_written
    from amzlink.jobs.orders.browse import export_orders
    from amzlink.problems import Exit, Problem

    session: Session = ctx.obj
    parse_choice("--format", format_, "csv", "json", "jsonl")
    file = parse_output("--output", output)
    most = parse_limit("--limit", asked.limit, None)
    slug = session.store()
    wanted = parse_filter(asked, lambda: session.now(slug))
    if file and not force and not may_be_written(session.console, file):
        return
    damaged: list[Problem] = []
    rows = export_orders(session.deps, slug, wanted, with_personal=with_pii, damaged=damaged, limit=most)
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
    show_held(session.console, slug, hold_order(session.deps, slug, number))


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
    from amzlink.jobs.orders.holds import prime_orders_left, release_order, release_prime_orders
    from amzlink.jobs.orders.numbers import number_of
    from amzlink.problems import Exit, Problem, usage

    session: Session = ctx.obj
    if (order_id is None) == (held is None):
        session.console.usage(usage.ORDER_OR_HELD)
    if held is not None:
        parse_choice("--held", held, Hold.PRIME.value)
    slug = session.store()
    if order_id is None:
        released = release_prime_orders(session.deps, slug)
        show_released_orders(session.console, slug, Hold.PRIME, released, prime_orders_left(session.deps, slug))
        return
    number = number_of(session.deps, slug, order_id, session.console.command)
    try:
        lifted, nothing = release_order(session.deps, slug, number), ""
    except Problem as problem:
        if problem.exit_code is not Exit.DONE:
            raise
        lifted, nothing = (), problem.summary  # there was nothing to lift
    show_released(session.console, slug, number, lifted, nothing)
