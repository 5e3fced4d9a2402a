"""What a scheduled run has of this session's environment, and what it could not have."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from amzlink.core.schedule.plan import Schedule
from amzlink.core.schedule.systemd import takes_program
from amzlink.core.schedule.windows import takes
from amzlink.deps import CLOCK_OFFSET, ENDPOINT_VARIABLES, Deps
from amzlink.files.home import session_bus
from amzlink.problems import Problem, ProblemName, store_option
from amzlink.problems import schedule as texts
from amzlink.schedulers.scheduler import Kind
from amzlink.secrets.names import NAMES, variable
from amzlink.secrets.store import Source

_FOLDERS: Final = ("AMZLINK_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
CARRIED: Final = (
    *_FOLDERS, "SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHON_KEYRING_BACKEND", CLOCK_OFFSET, *ENDPOINT_VARIABLES,
)  # fmt: skip
"""What decides where amzlink's files are and whom it calls. An address can hold a secret only before an @."""
PROXIES: Final = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_WITH_ADDRESS: Final = frozenset({*PROXIES, *ENDPOINT_VARIABLES})
_PATHS: Final = frozenset({*_FOLDERS, "SSL_CERT_DIR"})
NO_PROXY: Final = ("NO_PROXY", "no_proxy")
_LOST: Final[frozenset[Source]] = frozenset({"environment", "credentials directory"})


def secret_sources(deps: Deps) -> frozenset[Source]:
    """Where the stores' secrets come from. Raises `schedule-without-secrets` where a scheduled run has none there."""
    found: set[Source] = set()
    for slug, store in deps.load_config().stores.items():
        wanted = [name for name in NAMES if name != "sendcloud-secret-key" or store.destination == "sendcloud"]
        given = {name: secret.source for name in wanted if (secret := deps.secrets.get(slug, name))}
        lost = [variable(slug, name) for name, source in given.items() if source in _LOST]
        if lost:
            detail = texts.secrets_in_variables(variables=lost)
            raise Problem(
                ProblemName.SCHEDULE_WITHOUT_SECRETS, detail=detail, store=slug, store_option=store_option(slug)
            )
        found.update(given.values())
    return frozenset(found)


def environment(deps: Deps, kind: Kind) -> tuple[Mapping[str, str], Sequence[str]]:
    """What has to be set for a scheduled run, and what of this session cannot be."""
    environ = deps.environ
    files = {f"{variable(slug, name)}_FILE" for slug in deps.load_config().stores for name in NAMES}
    wanted = [*CARRIED, *sorted(files), *PROXIES, *NO_PROXY]
    given = {name: environ[name] for name in wanted if environ.get(name)}
    if kind == "windows":  # a task has the user's own variables, and is told the home alone
        home = given.pop("AMZLINK_HOME", None)
        return {"AMZLINK_HOME": absolute("AMZLINK_HOME", home)} if home else {}, sorted(given)
    left_out = [name for name, value in given.items() if not _may_be_written(name, value)]
    if kind == "cron" and (bus := _session_bus(environ)):
        given["DBUS_SESSION_BUS_ADDRESS"] = bus
    return {name: absolute(name, value) for name, value in given.items() if name not in left_out}, left_out


def refuse_unwritable(kind: Kind, schedule: Schedule, starter: Path) -> None:
    """Refuse paths that a line of a file cannot hold. Without one of them, runs would go to other files or to none."""
    places = {
        **{name: value for name, value in schedule.environment.items() if _is_path(name)},
        texts.PROGRAM: schedule.program[0],
        texts.FOLDER: str(starter),
    }
    # cron takes a backslash before a backslash for a mark of its own, and so misreads the one before a %.
    misread = {str(starter)} if kind == "cron" and {"\\", "%"} <= set(str(starter)) else set()
    if kind == "systemd" and not takes_program(schedule.program[0]):
        misread.add(schedule.program[0])
    if kind == "windows":
        misread = {each for each in (schedule.program[0], *schedule.environment.values()) if not takes(each)}
    for place, value in places.items():
        if not value.isprintable() or value in misread:
            raise Problem(ProblemName.SCHEDULE_FAILED, program=kind, detail=texts.path_unusable(what=place, path=value))


def _is_path(variable: str) -> bool:
    return variable in _PATHS or variable.endswith("_FILE")


def absolute(name: str, value: str) -> str:
    """A variable's value that means the same in another folder, in which a scheduled run begins."""
    if name == "AMZLINK_HOME" or name.endswith("_FILE"):
        return str(Path(value).expanduser().absolute())
    return str(Path(value).absolute()) if name == "SSL_CERT_DIR" else value


def _may_be_written(name: str, value: str) -> bool:
    """A secret may not, and what is no single line cannot. Paths are looked at later: without them nothing works."""
    # What stands before an @ is a password, or a name that serves as one; and such a password may hold any character.
    return _is_path(name) or (value.isprintable() and not (name in _WITH_ADDRESS and "@" in value))


def _session_bus(environ: Mapping[str, str]) -> str:
    """The address of the keyring's bus, where it will be the same the next time the user signs in."""
    given = environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    bus = session_bus(environ)
    usual = f"unix:path={bus}"
    return usual if given.split(",")[0] == usual or (not given and bus.exists()) else ""
