"""3: the link died overnight."""

from tests.cli.questions.conftest import renew
from tests.support.questions import Desk

PAGE = "https://sellercentral-europe.amazon.com/sellingpartner/developerconsole"


def test_the_authorisation_was_withdrawn(desktop: Desk) -> None:
    desk = desktop
    desk.add()
    assert desk.cron("import-orders").code == 0
    desk.switch("authorisation-revoked")
    desk.wait(hours=7)
    mail = desk.cron("import-orders")
    assert mail.code == 77
    assert "Error: Amazon refused the refresh token." in mail.err
    assert desk.cron("import-orders").err == ""  # once a day

    desk.ask("status").shows("Last import", "authorisation-revoked")
    found = desk.ask("verify")
    assert found.code == 1
    found.shows("Fix first: Amazon refused the refresh token.", "The authorisation was withdrawn or has expired")
    found.shows(PAGE, "`amzlink connect --store demo-shop --renew`", "authorisation-revoked")

    desk.switch(off=["authorisation-revoked"])
    renew(desk, refresh_token=desk.at.control("/refresh-token", {})["refresh_token"])
    desk.ask("verify").shows("Client id, client secret and refresh token are good.")
    over = desk.cron("import-orders")
    assert over.code == 0
    assert "This problem has ended: The authorisation is not valid (authorisation-revoked)." in over.err
    desk.ask("status").lacks("authorisation-revoked")


def test_the_refresh_token_and_the_client_id_are_of_two_apps(desk: Desk) -> None:
    desk.switch("app-mismatch")
    desk.ask("import-orders").shows("app-mismatch", "`amzlink connect --store demo-shop --renew`")
    desk.ask("verify").shows("Fix first:", "app-mismatch")
    desk.switch(off=["app-mismatch"])
    assert desk.ask("import-orders").code == 0


def test_on_a_server_the_message_leads_to_the_variable_with_the_token(desk: Desk) -> None:
    desk.switch("authorisation-revoked")
    desk.ask("import-orders").shows("`amzlink connect --store demo-shop --renew`")
    new = desk.at.control("/refresh-token", {})["refresh_token"]
    desk.switch(off=["authorisation-revoked"])
    words = ("connect", "--store", "demo-shop", "--renew", "--secrets-from", "-")
    told = desk.at.run(*words, stdin=f'refresh_token = "{new}"\n')
    assert "AMZLINK_SECRET_DEMO_SHOP_REFRESH_TOKEN" in told.err
    desk.secret("REFRESH_TOKEN", new)
    desk.ask("verify").shows("Client id, client secret and refresh token are good.")


def test_amazon_is_down_which_needs_nobody(desk: Desk) -> None:
    desk.cron("import-orders")
    desk.switch("service-unavailable")
    assert desk.cron("import-orders").err == ""
    told = desk.ask("import-orders")
    assert told.code == 75
    told.shows("Amazon is having problems", "Nothing to do: the next run continues.")
    desk.switch(off=["service-unavailable"])
    assert desk.ask("import-orders").code == 0
