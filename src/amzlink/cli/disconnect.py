"""disconnect: remove a store."""

from typing import Annotated

import typer

from amzlink.cli.shell.session import Session
from amzlink.problems import usage


def disconnect_command(
    ctx: typer.Context,
    keep_orders: Annotated[
        bool, typer.Option("--keep-orders", help="Keep the orders in the order book, without personal data.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove a store and its buyers' data."""
    from amzlink.cli.views.stores import show_disconnected
    from amzlink.jobs.disconnect import disconnect

    session: Session = ctx.obj
    console = session.console
    slug = session.store()
    session.interruption = usage.NOTHING_CHANGED
    if not yes and not _agreed(session, slug, keep_orders=keep_orders):
        console.say("Nothing was changed.")
        return
    session.interruption = usage.DISCONNECTED_IN_PART
    try:
        done = disconnect(session.deps, slug, keep_orders=keep_orders)
    except KeyboardInterrupt:
        if slug not in session.deps.load_config().stores:
            session.interruption = usage.DISCONNECTED_ALREADY
        raise
    show_disconnected(console, done)


def _agreed(session: Session, slug: str, *, keep_orders: bool) -> bool:
    from amzlink.cli.views.words import by_number, counted
    from amzlink.jobs.privacy.still_to_ship import count_to_ship

    console = session.console
    rest = "Its orders stay in the order book without that data." if keep_orders else "Its orders are deleted too."
    about = f"This deletes the secrets of the store {slug} and its buyers' personal data. {rest} This cannot be undone."
    if console.interactive:
        console.say(about)
        if left := count_to_ship(session.deps, slug):
            console.say(f"{counted(left, 'order')} still {by_number(left, 'has', 'have')} to be shipped.")
    return console.confirm(f"Disconnect {slug}?", default=False, option="--yes", explanation=about)
