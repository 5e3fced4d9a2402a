"""import-orders: import new and changed orders."""

from typing import Annotated

import typer

from amzlink.cli.shell.session import Session


def import_orders_command(
    ctx: typer.Context,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="7d|TIME",
            help="How far back to look, such as 7d or 12h, or since when, such as 2026-11-23T09:30:00Z.",
        ),
    ] = None,
    order: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Import this order only. May be given several times.")
    ] = None,
    addresses: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Read missing addresses from Seller Central's file of unshipped orders.",
        ),
    ] = None,
    route: Annotated[
        str,
        typer.Option(
            metavar="auto|search|report",
            help="How to fetch the orders. A report is faster where thousands are to ship.",
        ),
    ] = "auto",
    max_wait: Annotated[
        str, typer.Option(metavar="5m", help="How long to wait for Amazon's quota in total. A report may take longer.")
    ] = "5m",
    all_stores: Annotated[bool, typer.Option("--all-stores", help="Import every store.")] = False,
    jobs: Annotated[
        str | None,
        typer.Option(
            metavar="N", help="With --all-stores: how many stores to import at once, each in its own process."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Fetch and count, but store nothing.")] = False,
) -> None:
    """Import new and changed orders from Amazon, and send them to Sendcloud.

    An order goes to Sendcloud if the store's setting `destination` is sendcloud and nothing holds the order back.
    """
    from pathlib import Path

    from amzlink.cli.shell.values import parse_choice, parse_jobs, parse_moment, parse_span
    from amzlink.cli.views.orders.imports import show
    from amzlink.jobs.import_orders import ImportOptions, import_orders
    from amzlink.jobs.runs.one_of_many import Crew
    from amzlink.problems import usage
    from amzlink.problems.orders import delete_the_file

    session: Session = ctx.obj
    asked = bool(order) or dry_run or addresses is not None
    session.begin_job("import-orders", asked=asked)
    if since is not None and order:
        session.console.usage(usage.SINCE_AND_ORDER)
    if addresses is not None and all_stores:
        session.console.usage(usage.ADDRESSES_AND_ALL_STORES)
    if jobs is not None and not all_stores:
        session.console.usage(usage.JOBS_WITHOUT_ALL_STORES)
    if addresses == "":
        session.console.usage(usage.file_name_missing(option="--addresses"))
    at_once = 1 if jobs is None else parse_jobs(jobs)
    slugs = session.stores(all_stores=all_stores)
    options = ImportOptions(
        since=parse_moment("--since", since, session.now(slugs[0])) if since is not None else None,
        order_ids=tuple(order or ()),
        addresses=Path(addresses) if addresses else None,
        route=parse_choice("--route", route, "auto", "search", "report"),  # type: ignore[arg-type]
        max_wait=parse_span("--max-wait", max_wait),
        dry_run=dry_run,
    )
    crew = Crew(size=at_once, deps=session.deps_elsewhere()) if at_once > 1 else None
    reports = import_orders(session.deps, slugs, options, crew)
    auto_route = options.route == "auto" and not options.order_ids
    session.exit_code = show(
        session.console, session.alarms, reports, dry_run=dry_run, asked=asked, auto_route=auto_route
    )
    if options.addresses and not dry_run:
        session.console.say(delete_the_file(file=options.addresses))
