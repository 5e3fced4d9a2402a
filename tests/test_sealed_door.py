"""Personal data has one door, `amzlink.sealed`: the source names the vault, its boxes and its floor nowhere else."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "amzlink"
# The vault itself, its door, and what keeps the boxes: there the floor is a column.
MAY_KNOW = ("vault.py", "sealed.py", "orderbook/")
VAULTS = ("amzlink.vault", "amzlink.orderbook.privacy.boxes")
SEALED_FORMS = {"PersonalData", "SealedParcels"}
DECODERS = {"Decoder", "decode", "convert"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    """All of the source beside those that may know, but for the migrations and the sandbox."""
    for file in sorted(SOURCE.rglob("*.py")):
        name = file.relative_to(SOURCE).as_posix()
        if not name.startswith((*MAY_KNOW, "sandbox/")):
            yield name, ast.parse(file.read_text())


def imports_of_the_vault(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in VAULTS:
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name in VAULTS}
    return found


def floors(tree: ast.Module) -> set[int]:
    """The lines that read a floor; that it is handed on to be written into a record is none."""
    names = ("floor", "VAULT_FLOORS")
    reads = {node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in names}
    records = {
        keyword.value.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "floor"
    }
    return reads - records


def openings(tree: ast.Module) -> set[int]:
    """The lines that make personal data out of bytes."""
    return {
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in DECODERS
        and SEALED_FORMS & {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
    }


@pytest.mark.parametrize("look", [imports_of_the_vault, floors, openings], ids=lambda look: str(look.__name__))
def test_nobody_else_opens_it(look: object) -> None:
    assert callable(look)
    assert {name: found for name, tree in modules() if (found := look(tree))} == {}


@pytest.mark.parametrize(
    ("look", "source"),
    [
        (imports_of_the_vault, "from amzlink.vault import Vault"),
        (imports_of_the_vault, "import amzlink.vault"),
        (imports_of_the_vault, "from amzlink.orderbook.privacy.boxes import boxes"),
        (floors, "if sealed.floor is None or box.lease_day >= sealed.floor: pass"),
        (openings, "decode = msgspec.json.Decoder(PersonalData).decode"),
        (openings, "msgspec.json.decode(data, type=SealedParcels)"),
    ],
)
def test_a_second_door_would_be_found(look: object, source: str) -> None:
    assert callable(look)
    assert look(ast.parse(source))
