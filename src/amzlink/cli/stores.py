"""stores: look at the connected stores and change their settings."""

from typing import Annotated

import typer

from amzlink.cli.shell.session import Session

stores_app = typer.Typer(no_args_is_help=True, help="Show the connected stores and change their settings.")


@stores_app.command("list")
def stores_list_command(ctx: typer.Context) -> None:
    """Show all stores."""
    from amzlink.cli.views.stores import show_stores
    from amzlink.jobs.stores.settings import list_stores

    session: Session = ctx.obj
    show_stores(session.console, list_stores(session.deps))


@stores_app.command("show")
def stores_show_command(ctx: typer.Context) -> None:
    """Show a store's settings and where its secrets come from, but never a secret."""
    from amzlink.cli.views.secret_files import show_lines_again
    from amzlink.cli.views.stores import show_store
    from amzlink.jobs.stores import settings

    session: Session = ctx.obj
    shown = settings.show_store(session.deps, session.options.store)
    show_store(session.console, shown)
    show_lines_again(session.console, session.deps, shown)


@stores_app.command("set")
def stores_set_command(
    ctx: typer.Context,
    settings: Annotated[
        list[str],
        typer.Argument(metavar="KEY=VALUE", help="The setting and its new value. May be given several times."),
    ],
) -> None:
    """Change settings of a store: all that you give, or none. `amzlink stores show` lists the settings."""
    from amzlink.cli.views.stores import show_settings
    from amzlink.jobs.stores.settings import key_of, set_settings

    session: Session = ctx.obj
    shown = set_settings(session.deps, session.options.store, settings)
    show_settings(session.console, shown, [key_of(setting) for setting in settings])


@stores_app.command("default")
def stores_default_command(
    ctx: typer.Context, slug: Annotated[str, typer.Argument(metavar="SLUG", help="The store's short name.")]
) -> None:
    """Choose the store that commands use when you name none."""
    from amzlink.cli.views.stores import show_default
    from amzlink.jobs.stores.settings import set_default

    session: Session = ctx.obj
    show_default(session.console, set_default(session.deps, slug))
