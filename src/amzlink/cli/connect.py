"""connect: link a store, by questions or by options."""

from typing import Annotated

import typer

from amzlink.cli.shell.session import Session
from amzlink.core.stores.option_help import HELP


def connect_command(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Option(metavar="NAME", help=HELP["--name"])] = None,
    country: Annotated[list[str] | None, typer.Option(metavar="CODE", help=HELP["--country"])] = None,
    seller_id: Annotated[str | None, typer.Option(metavar="ID", help=HELP["--seller-id"])] = None,
    client_id: Annotated[str | None, typer.Option(metavar="ID", help=HELP["--client-id"])] = None,
    import_weights: Annotated[
        bool | None,
        typer.Option("--import-weights/--no-import-weights", help=HELP["--import-weights/--no-import-weights"]),
    ] = None,
    update_status_when: Annotated[
        str | None, typer.Option(metavar="announced|processed", help=HELP["--update-status-when"])
    ] = None,
    destination: Annotated[str | None, typer.Option(metavar="none|sendcloud", help=HELP["--destination"])] = None,
    sendcloud_public_key: Annotated[
        str | None, typer.Option(metavar="KEY", help=HELP["--sendcloud-public-key"])
    ] = None,
    sendcloud_integration_id: Annotated[
        str | None, typer.Option(metavar="ID", help=HELP["--sendcloud-integration-id"])
    ] = None,
    secrets_from: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Read the secrets from a TOML file or standard input.")
    ] = None,
    secrets_to: Annotated[str | None, typer.Option(metavar="DIR", help=HELP["--secrets-to"])] = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="Give a connected store new secrets. Nothing else is changed.")
    ] = False,
    no_verify: Annotated[
        bool, typer.Option("--no-verify", help="Store it without a test at Amazon and Sendcloud.")
    ] = False,
    amazon_sandbox: Annotated[bool, typer.Option("--amazon-sandbox", help="Connect to Amazon's own sandbox.")] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no page in the browser.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Take the default wherever there is one.")] = False,
) -> None:
    """Connect an Amazon seller account.

    On a terminal it asks for what the options do not give. Secrets are never an option's value: they are asked for, or
    read from the file of --secrets-from, which has the keys client_secret, refresh_token and sendcloud_secret_key.
    """
    from amzlink.cli.dialogue.options import ConnectOptions
    from amzlink.cli.dialogue.set_up import connect_store, renew_store
    from amzlink.cli.dialogue.terminal import Terminal

    session: Session = ctx.obj
    options = ConnectOptions(
        store=session.options.store,
        name=name,
        countries=tuple(country or ()),
        seller_id=seller_id,
        client_id=client_id,
        import_weights=import_weights,
        update_status_when=update_status_when,
        destination=destination,
        sendcloud_public_key=sendcloud_public_key,
        sendcloud_integration_id=sendcloud_integration_id,
        secrets_from=secrets_from,
        secrets_to=secrets_to,
        verify=not no_verify,
        amazon_sandbox=amazon_sandbox,
        browser=not no_browser,
        assume_yes=yes,
    )
    (renew_store if renew else connect_store)(session, options, Terminal(session.console))
