"""disconnect: remove a store."""

from typing import TYPE_CHECKING, Annotated

import typer

from amzlink.cli.shell.session import Session

if TYPE_CHECKING:
    from amzlink.cli.shell.console import Console


def disconnect_command(
    ctx: typer.Context,
    keep_orders: Annotated[
        bool, typer.Option("--keep-orders", help="Keep the orders in the order book, without personal data.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove a store and its buyers' data."""
    from amzlink.jobs.disconnect import disconnect

    session: Session = ctx.obj
    console = session.console
    slug = session.store()
    if not yes and not _agreed(console, slug, keep_orders=keep_orders):
        console.say("Nothing was changed.")
        return
    done = disconnect(session.deps, slug, keep_orders=keep_orders)
    for name in done.still_given:
        console.say(f"This machine still gives a secret of the store: remove {name} (or its _FILE or credential).")
    console.result(
        {
            "store": done.slug,
            "purged": done.purged,
            "kept_orders": done.kept_orders,
            "archived": done.archived,
            "archive": str(done.archive) if done.archive else None,
            "copies_left": done.copies_left,
        },
        lambda: console.line(f"Disconnected: {done.slug}. Personal data of {done.purged} orders was destroyed."),
    )
    if done.archive:
        console.say(f"What tax needs of {done.archived} orders was written before: {done.archive}")
    if done.copies_left:
        console.say(
            f"{done.copies_left} orders were handed to Sendcloud, which keeps its copies for 180 days; "
            "delete them in its panel if they must go now."
        )


def _agreed(console: "Console", slug: str, *, keep_orders: bool) -> bool:
    rest = "The rest of its orders stays in the order book." if keep_orders else "Its orders go from the order book."
    if console.interactive:
        console.say(f"This destroys the secrets of the store {slug} and its buyers' personal data. {rest}")
    return console.confirm(f"Disconnect {slug}?", default=False, option="--yes")
