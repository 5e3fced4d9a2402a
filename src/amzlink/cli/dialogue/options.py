"""The answers that the command line gives, and the file of secrets."""

import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from amzlink.cli.shell.values import parse_choice
from amzlink.core.decoding import UndecodableError, UndecodableTextError, read_toml
from amzlink.core.stores.draft import Draft, Key, State
from amzlink.core.stores.question_type import answer_of
from amzlink.core.stores.questions import QUESTIONS
from amzlink.files.reading import given_file
from amzlink.jobs.connect import ATLAS
from amzlink.problems import Problem, ProblemName, secrets, stores, usage

_SECRETS: Final = {
    "client_secret": Key.CLIENT_SECRET,
    "refresh_token": Key.REFRESH_TOKEN,
    "sendcloud_secret_key": Key.SENDCLOUD_SECRET_KEY,
}

_STDIN: Final = "-"
_LARGEST: Final = 2**20
"""Bytes of a file of secrets; a real one has a few hundred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectOptions:
    """What the command line gave; None was not given."""

    store: str | None
    name: str | None
    countries: tuple[str, ...]
    seller_id: str | None
    client_id: str | None
    import_weights: bool | None
    update_status_when: str | None
    destination: str | None
    sendcloud_public_key: str | None
    sendcloud_integration_id: str | None
    secrets_from: str | None
    secrets_to: str | None
    verify: bool
    amazon_sandbox: bool
    browser: bool
    assume_yes: bool

    @property
    def changes_settings(self) -> bool:
        """Whether anything was given that --renew leaves alone."""
        settings = (self.name, self.seller_id, self.import_weights, self.update_status_when, self.destination)
        return bool(self.countries or self.amazon_sandbox) or any(setting is not None for setting in settings)


def state_of(options: ConnectOptions) -> State:
    """The state that the options give. Raises `usage`, or what is wrong with a value."""
    draft = Draft(
        wanted_slug=options.store, import_weights=options.import_weights, amazon_sandbox=options.amazon_sandbox
    )
    if options.update_status_when is not None:
        moment = parse_choice("--update-status-when", options.update_status_when, "announced", "processed")
        draft = draft.with_answer(Key.UPDATE_STATUS_WHEN, moment)
    if options.destination is not None:
        destination = parse_choice("--destination", options.destination, "none", "sendcloud")
        draft = draft.with_answer(Key.DESTINATION, destination)
    state = State(atlas=ATLAS, draft=draft, assume_defaults=options.assume_yes, verify=options.verify)
    given = {
        Key.SECRETS_FOLDER: _whole_path(options.secrets_to),
        Key.COUNTRY: ",".join(options.countries) or None,
        Key.NAME: options.name,
        Key.SELLER_ID: options.seller_id,
        Key.CLIENT_ID: options.client_id,
        Key.SENDCLOUD_PUBLIC_KEY: options.sendcloud_public_key,
        Key.SENDCLOUD_INTEGRATION_ID: options.sendcloud_integration_id,
    }
    for key, text in given.items():
        state = _with(state, key, text)
    for key, text in _read_secrets(options.secrets_from).items():
        state = _with(state, key, text)
    return state


def _whole_path(folder: str | None) -> str | None:
    if folder is None or folder.startswith("~"):
        return folder
    return str(Path(folder).absolute())


def _with(state: State, key: Key, text: str | None) -> State:
    if text is None:
        return state
    draft = state.draft.with_answer(key, answer_of(QUESTIONS[key], text, state))
    return State(atlas=state.atlas, draft=draft, assume_defaults=state.assume_defaults, verify=state.verify)


def _read_secrets(source: str | None) -> dict[Key, str]:
    """The secrets of a TOML file, or of standard input for `-`. Raises `input-malformed`."""
    try:
        return _secrets_in(source)
    except Problem as problem:
        advice = usage.form_of_secrets(keys=list(_SECRETS), in_file=source != _STDIN)
        raise problem.with_facts(advice=advice) from problem.__cause__


def _secrets_in(source: str | None) -> dict[Key, str]:
    found = {}
    for name, value in (_read_toml(source) if source is not None else {}).items():
        if name not in _SECRETS:
            raise _malformed(source, stores.secrets_key_unknown(key=name, known=", ".join(_SECRETS)))
        if not isinstance(value, str):
            raise _malformed(source, stores.secrets_key_no_text(key=name))
        found[_SECRETS[name]] = value
    return found


def _read_toml(source: str) -> dict[str, Any]:
    try:
        with contextlib.nullcontext(sys.stdin.buffer) if source == _STDIN else given_file(Path(source)) as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise _malformed(source, secrets.FILE_TOO_LARGE)
        return read_toml(content)
    except OSError as error:
        raise _malformed(source, error.strerror or type(error).__name__) from error
    except UndecodableTextError as error:
        raise _malformed(source, secrets.FILE_NOT_TEXT) from error
    except UndecodableError as error:
        raise _malformed(source, usage.not_toml(error=str(error))) from error


def _malformed(source: str | None, detail: str) -> Problem:
    file = "standard input" if source == _STDIN else source
    return Problem(ProblemName.INPUT_MALFORMED, file=file, detail=detail)
