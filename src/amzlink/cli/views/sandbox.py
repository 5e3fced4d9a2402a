"""How the sandbox says where it listens, its faults, and how the demo's steps ended."""

from collections.abc import Iterable, Mapping

import msgspec

from amzlink.cli.shell.console import Console
from amzlink.cli.shell.documents import Document
from amzlink.sandbox.fault import Fault


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What opens the sandbox's seller account and its Sendcloud integration."""

    country: str
    marketplace_ids: tuple[str, ...]
    seller_id: str
    client_id: str
    client_secret: str
    refresh_token: str
    sendcloud_public_key: str
    sendcloud_secret_key: str
    sendcloud_integration_id: int


class SandboxDocument(Document, frozen=True, kw_only=True):
    """The one line that `sandbox` prints when it listens."""

    spapi_url: str
    lwa_url: str
    sendcloud_url: str
    control_url: str
    credentials: Credentials


class NamedFault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault that can be switched on."""

    fault: str
    description: str


class FaultsDocument(Document, frozen=True, kw_only=True):
    """`sandbox --fault help --json`."""

    faults: list[NamedFault]


class DemoStep(msgspec.Struct, frozen=True, kw_only=True):
    """A command of the demo: how it ended, and the document that it printed."""

    command: tuple[str, ...]
    exit_code: int
    result: msgspec.Raw


class DemoDocument(Document, frozen=True, kw_only=True):
    """`demo --json`."""

    steps: list[DemoStep]


def show_sandbox(console: Console, described: Mapping[str, object]) -> None:
    """Where the sandbox listens, and what opens it: a document with and without `--json`."""
    console.announce(msgspec.convert(described, SandboxDocument))
    console.note("The sandbox is running. Ctrl-C stops it.")


def show_faults(console: Console, faults: Iterable[Fault]) -> None:
    """The faults by their names."""
    named = [NamedFault(fault=fault.name, description=fault.description) for fault in faults]
    console.result(
        lambda: FaultsDocument(faults=named),
        lambda: console.table(
            ("FAULT", "WHAT IT DOES"), [(each.fault, each.description) for each in named], keys=("FAULT",)
        ),
    )
