"""4: the client secret runs out."""

import re

from tests.cli.questions.conftest import renew
from tests.support.questions import Desk


def test_it_is_told_a_month_before(desktop: Desk) -> None:
    desk = desktop
    desk.cron("import-orders")
    desk.ask("verify").lacks("secret-rotation-due")
    desk.wait(days=160)
    desk.cron("import-orders")
    for screen in (desk.ask("status"), desk.ask("verify")):
        assert re.search(r"The client secret expires in (19|20) days at the latest\.", screen.flat)
        screen.shows("secret-rotation-due")
    found = desk.ask("verify")
    assert found.code == 0
    found.shows("choose View under LWA credentials, then Rotate secret", "`amzlink connect --store demo-shop --renew`")
    found.shows("The old client secret stays valid for seven more days.")
    renew(desk, client_secret=desk.new_client_secret())
    desk.ask("status").lacks("secret-rotation-due")
    desk.ask("verify").lacks("secret-rotation-due")


def test_it_has_run_out(desktop: Desk) -> None:
    desk = desktop
    desk.add()
    desk.switch("client-secret-expired")
    mail = desk.cron("import-orders")
    assert mail.code == 77
    assert "Amazon says that the app's client secret has expired." in mail.err
    desk.ask("status").shows("client-secret-expired")
    found = desk.ask("verify")
    assert found.code == 1
    found.shows("client-secret-expired", "A client secret is valid for 180 days. The refresh token is still valid.")
    found.shows("choose View under LWA credentials, then Rotate secret", "`amzlink connect --store demo-shop --renew`")
    desk.switch(off=["client-secret-expired"])
    renew(desk, client_secret=desk.new_client_secret())
    desk.ask("import-orders").shows("1 order sent")
    desk.ask("status").lacks("client-secret-expired")
