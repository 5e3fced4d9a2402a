"""status: one screen about each store."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from amzlink.cli.shell.console import Console
from amzlink.cli.shell.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amzlink.jobs.status import StoreStatus

_MOST_SHOWN: Final = 10


def status_command(
    ctx: typer.Context,
    all_stores: Annotated[bool, typer.Option("--all-stores", help="Show every store.")] = False,
) -> None:
    """Show the last runs, the open orders, and what needs you."""
    from amzlink.jobs.status import status_of

    session: Session = ctx.obj
    found = status_of(session.deps, session.stores(all_stores=all_stores))
    console = session.console
    console.result({"stores": [store.as_dict() for store in found]}, lambda: _show_all(console, found))


def _show_all(console: Console, found: "Sequence[StoreStatus]") -> None:
    for store in found:
        _show(console, store)


def _show(console: Console, store: "StoreStatus") -> None:
    from amzlink.cli.views.orders import short_time

    orders, runs = store.orders, store.last_import
    console.line(f"{store.store}: {store.name}")
    console.line(f"  Last import   {short_time(runs.success) or 'never'}{' (UTC)' if runs.success else ''}")
    if runs.failure and (runs.success is None or runs.failure > runs.success):
        console.line(f"  Last failure  {short_time(runs.failure)} (UTC): {runs.failed_with}")
    console.line(
        f"  To ship       {orders.to_ship}; {orders.due} due today, {store.shipping.overdue} overdue, "
        f"{orders.held} held"
    )
    _show_shipping(console, store)
    if orders.refused:
        console.line(f"  Not taken in  {orders.refused}; they are asked for again at each import")
    for problem in store.problems:
        console.line(f"  Mind          {problem.summary} ({problem.name})")


def _show_shipping(console: Console, store: "StoreStatus") -> None:
    """How far the orders have come, and what was refused on the way, with the reason."""
    from amzlink.cli.views.orders import short_time

    shipping, pushed = store.shipping, store.last_push.success
    if pushed:
        console.line(f"  Last push     {short_time(pushed)} (UTC)")
    console.line(
        f"  Shipping      {shipping.waiting_for_parcel} without a parcel, {shipping.waiting_for_trigger} waiting for "
        f"the carrier, {shipping.confirmed} confirmed in the last 7 days"
    )
    if shipping.at_sendcloud:
        console.line(f"  At Sendcloud  {shipping.at_sendcloud} of the orders to ship")
    if shipping.being_confirmed:
        console.line(f"  With Amazon   {shipping.being_confirmed} confirmations on their way")
    for heading, kept in (("Not confirmed", shipping.refused), ("Not sent", shipping.not_sent)):
        for entry in kept[:_MOST_SHOWN]:
            reason = f": {entry.reason}" if entry.reason else ""
            console.line(f"  {heading:<13} {entry.order_id} ({entry.problem}{reason})")
        if len(kept) > _MOST_SHOWN:
            console.line(f"  {heading:<13} and {len(kept) - _MOST_SHOWN} more")
    for order_id in shipping.stopped_with_parcel:
        console.line(f"  Stop          {order_id} should not go out, and has a parcel (parcel-of-stopped-order)")
