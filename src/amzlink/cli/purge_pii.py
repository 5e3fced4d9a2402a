"""purge-pii: delete buyers' personal data that is due."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from amzlink.cli.shell.session import Session


def purge_pii_command(
    ctx: typer.Context,
    archive: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write an encrypted archive with tax records to this folder first."),
    ] = None,
    recipient: Annotated[
        list[str] | None,
        typer.Option(
            metavar="age1...", help="The public key of somebody who can open the archive. May be given several times."
        ),
    ] = None,
    order: Annotated[str | None, typer.Option(metavar="ID", help="Delete the data of this order now.")] = None,
    include_destination: Annotated[
        bool, typer.Option("--include-destination", help="Delete these orders at Sendcloud too.")
    ] = False,
    all_stores: Annotated[bool, typer.Option("--all-stores", help="Purge every store.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be deleted, but delete nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete buyers' personal data that has passed its retention date."""
    from amzlink.cli.views.privacy import at_sendcloud_too, show
    from amzlink.jobs.orders.numbers import exact_number
    from amzlink.jobs.privacy.purge import PurgeOptions
    from amzlink.jobs.privacy.still_to_ship import goes_at_sendcloud
    from amzlink.jobs.purge_pii import purge_pii
    from amzlink.problems import usage

    session: Session = ctx.obj
    asked = bool(order) or dry_run
    session.begin_job("purge-pii", asked=asked)
    if recipient and not archive:
        session.console.usage(usage.RECIPIENT_WITHOUT_ARCHIVE)
    if archive and not recipient:
        session.console.usage(usage.ARCHIVE_WITHOUT_RECIPIENT)
    slugs = session.stores(all_stores=all_stores)
    if order:
        order = exact_number(session.deps, slugs, order, session.console.command)
        goes_there_too = goes_at_sendcloud(session.deps, slugs, order, asked=include_destination)
        _say_what_is_to_ship(session, slugs, order, goes_there_too=goes_there_too)
    if order and not (dry_run or yes):
        if goes_there_too and not session.console.as_json:
            session.console.say(at_sendcloud_too(order))
        question = f"Delete the personal data of order {order} for good?"
        about = "The buyer's name, address and phone number are deleted here. The rest of the order stays."
        during, session.interruption = session.interruption, usage.NOTHING_CHANGED
        if not session.console.confirm(question, default=False, option="--yes", explanation=about):
            session.console.say("Nothing was changed.")
            return
        session.interruption = during
    options = PurgeOptions(
        archive_dir=archive,
        recipients=tuple(recipient or ()),
        order_id=order,
        include_destination=include_destination,
        dry_run=dry_run,
    )
    reports = purge_pii(session.deps, slugs, options)
    session.exit_code = show(session.console, session.alarms, reports, dry_run=dry_run, asked=asked)


def _say_what_is_to_ship(session: Session, slugs: Sequence[str], order: str, *, goes_there_too: bool) -> None:
    """Say that the order still has to be shipped, and what that needs of the data, before it is deleted."""
    from amzlink.cli.views.privacy import before_shipping
    from amzlink.jobs.privacy.still_to_ship import waits_with_data

    if session.console.as_json:
        return
    wait = waits_with_data(session.deps, slugs, order)
    if wait and (told := before_shipping(order, wait, deleted_there_too=goes_there_too)):
        session.console.say(told)
