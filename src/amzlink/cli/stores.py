"""stores: look at the connected stores and change their settings."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from amzlink.cli.shell.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amzlink.cli.shell.console import Console
    from amzlink.jobs.stores.settings import Shown

stores_app = typer.Typer(no_args_is_help=True, help="Look at the connected stores and change their settings.")


@stores_app.command("list")
def stores_list_command(ctx: typer.Context) -> None:
    """Show all stores."""
    from amzlink.jobs.stores.settings import list_stores

    session: Session = ctx.obj
    console = session.console
    stores = list_stores(session.deps)
    console.result({"stores": [_document(shown) for shown in stores]}, lambda: _print_list(console, stores))


@stores_app.command("show")
def stores_show_command(ctx: typer.Context) -> None:
    """Show a store's settings and where its secrets come from, but never a secret."""
    from amzlink.jobs.stores.settings import show_store

    session: Session = ctx.obj
    shown = show_store(session.deps, session.options.store)
    session.console.result(_document(shown), lambda: _print(session, shown))


@stores_app.command("set")
def stores_set_command(
    ctx: typer.Context, setting: Annotated[str, typer.Argument(metavar="KEY=VALUE", help="For example name=My Shop.")]
) -> None:
    """Change a setting of a store. `stores show` lists them."""
    from amzlink.jobs.stores.settings import set_setting

    session: Session = ctx.obj
    shown = set_setting(session.deps, session.options.store, setting)
    key = setting.partition("=")[0].strip()
    value = _spelled(_settings(shown)[key])
    session.console.result(_document(shown), lambda: session.console.line(f"{shown.slug}: {key} = {value}"))


@stores_app.command("default")
def stores_default_command(
    ctx: typer.Context, slug: Annotated[str, typer.Argument(metavar="SLUG", help="The store's short name.")]
) -> None:
    """Choose the store that commands use when you name none."""
    from amzlink.jobs.stores.settings import set_default

    session: Session = ctx.obj
    chosen = set_default(session.deps, slug)
    session.console.result(
        {"default_store": chosen}, lambda: session.console.line(f"{chosen} is now the default store.")
    )


def _print_list(console: "Console", stores: "Sequence[Shown]") -> None:
    if stores:
        console.table(("STORE", "NAME", "SELLS IN", "SELLER ID", ""), [_row(shown) for shown in stores])
    else:
        console.say("No store is connected. `amzlink connect` links one.")


def _document(shown: "Shown") -> dict[str, Any]:
    from amzlink.jobs.stores.save import region_of
    from amzlink.jobs.stores.settings import settings_of

    store = shown.store
    document = {
        "store": shown.slug,
        "country": store.country,
        "marketplace_ids": list(store.marketplace_ids),
        "region": region_of(store),
        "seller_id": store.seller_id,
        "client_id": store.client_id,
        "default": shown.is_default,
        "test": store.test,
        "amazon_sandbox": store.amazon_sandbox,
        "settings": settings_of(store),
    }
    if shown.secrets is not None:
        document["secrets"] = {
            name: {"source": place.source, "problem": place.problem} for name, place in shown.secrets.items()
        }
    return document


def _settings(shown: "Shown") -> dict[str, object]:
    from amzlink.jobs.stores.settings import settings_of

    return {**settings_of(shown.store), "marketplace_ids": ",".join(shown.store.marketplace_ids)}


def _row(shown: "Shown") -> tuple[str, ...]:
    from amzlink.amazon.marketplaces import BY_ID

    store = shown.store
    countries = (BY_ID[id_].country if id_ in BY_ID else id_ for id_ in store.marketplace_ids)
    marks = [word for word, holds in (("default", shown.is_default), ("test", store.test)) if holds]
    return shown.slug, store.name, " ".join(countries), store.seller_id, ", ".join(marks)


def _print(session: Session, shown: "Shown") -> None:
    from amzlink.jobs.stores.save import region_of

    line, store = session.console.line, shown.store
    line(f"{shown.slug}: {store.name}")
    rows: dict[str, object] = {
        "country": store.country,
        "region": region_of(store) or "unknown",
        "seller_id": store.seller_id,
        "client_id": store.client_id,
        "test store": store.test,
        **_settings(shown),
    }
    for name, place in (shown.secrets or {}).items():
        rows[name] = place.problem or (f"from the {place.source}" if place.source else "not there")
    width = max(map(len, rows))
    for key, value in rows.items():
        line(f"  {key:<{width}}  {_spelled(value)}")


def _spelled(value: object) -> str:
    """As it is written in `KEY=VALUE`."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
