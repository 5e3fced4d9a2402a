"""status: one screen about each store."""

from typing import TYPE_CHECKING, Annotated

import typer

from amzlink.cli.console import Console
from amzlink.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amzlink.jobs.status import StoreStatus


def status_command(
    ctx: typer.Context,
    all_stores: Annotated[bool, typer.Option("--all-stores", help="All stores.")] = False,
) -> None:
    """Show the last runs, the open orders, and what waits for you."""
    from amzlink.jobs.status import status_of

    session: Session = ctx.obj
    found = status_of(session.deps, session.stores(all_stores=all_stores))
    console = session.console
    console.result({"stores": [store.as_dict() for store in found]}, lambda: _show_all(console, found))


def _show_all(console: Console, found: "Sequence[StoreStatus]") -> None:
    for store in found:
        _show(console, store)


def _show(console: Console, store: "StoreStatus") -> None:
    from amzlink.cli.orders_view import short_time

    orders, runs = store.orders, store.last_import
    console.line(f"{store.store}: {store.name}")
    console.line(f"  Last import   {short_time(runs.success) or 'never'}{' (UTC)' if runs.success else ''}")
    if runs.failure and (runs.success is None or runs.failure > runs.success):
        console.line(f"  Last failure  {short_time(runs.failure)} (UTC): {runs.failed_with}")
    console.line(
        f"  To ship       {orders.to_ship}; {orders.due} due today, {orders.overdue} overdue, {orders.held} held"
    )
    if orders.refused:
        console.line(f"  Not taken in  {orders.refused}; they are asked for again at each import")
    for problem in store.problems:
        console.line(f"  Mind          {problem.summary} ({problem.name})")
