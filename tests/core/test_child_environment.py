"""What a program that amzlink starts is told of the environment."""

import ast
import re
from pathlib import Path

from amzlink.core.child_environment import without_secrets

SOURCES = Path(__file__).resolve().parents[2] / "src"
STARTING = re.compile(
    r"os\.(system|popen|startfile|exec\w+|spawn\w+|posix_spawn\w*)\(|\bimport (pty|webbrowser)\b|asyncio\.create_sub"
)


def test_secrets_are_left_out_and_the_rest_is_there() -> None:
    secrets = {"AMZLINK_SECRET_SHOP_REFRESH_TOKEN": "s", "AMZLINK_SECRET_SHOP_VAULT_KEY_FILE": "f", "PGPASSWORD": "p"}
    others = {"PATH": "/bin", "AMZLINK_HOME": "/h", "PGUSER": "amzlink"}
    assert without_secrets({**secrets, **others}) == others


def test_nothing_is_started_with_the_secrets() -> None:
    texts = {file: file.read_text("utf-8") for file in SOURCES.rglob("*.py")}
    assert [str(file) for file, text in texts.items() if STARTING.search(text)] == []
    calls = [
        ast.unparse(call)
        for text in texts.values()
        if "subprocess." in text
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call)
        and re.fullmatch(r"subprocess\.(run|call|Popen|check_\w+|get\w+)", ast.unparse(call.func))
    ]
    assert len(calls) >= 4
    assert [call for call in calls if not re.search(r"env=.*without_secrets\(", call)] == []
