"""What a program that amzlink starts is told of the environment."""

from amzlink.core.child_environment import without_secrets


def test_secrets_are_left_out_and_the_rest_is_there() -> None:
    secrets = {"AMZLINK_SECRET_SHOP_REFRESH_TOKEN": "s", "AMZLINK_SECRET_SHOP_VAULT_KEY_FILE": "f", "PGPASSWORD": "p"}
    others = {"PATH": "/bin", "AMZLINK_HOME": "/h", "PGUSER": "amzlink"}
    assert without_secrets({**secrets, **others}) == others
