"""Where secrets go on a machine without a keyring: the folder for their files, before anything is written there."""

import os
import stat
from pathlib import Path

from amzlink.deps import Deps
from amzlink.files.home import Home
from amzlink.jobs.stores.save import GIVEN, usage_problem
from amzlink.problems import secrets
from amzlink.secrets.files import FileSecrets
from amzlink.secrets.names import file_in

_FOLDER = "amzlink-keys"


def usual_folder(home: Home) -> Path:
    """A folder beside amzlink's own, so that a copy of the orders does not carry their key."""
    if home.root:
        return home.root.parent / f"{home.root.name}-keys"
    return Path.home() / f".{_FOLDER}"


def has_files(folder: Path, slug: str) -> bool:
    """Whether the folder has both of Amazon's secrets of this store."""
    return all(file_in(folder, slug, name).is_file() for name in GIVEN)


def keep_in_files(deps: Deps, given: str) -> Path:
    """From here on keep secrets in files in this folder; nothing is written yet.

    Raises:
        Problem: `usage`, where the folder would not keep them safe, or cannot be made or written.
    """
    folder = Path(os.path.realpath(os.path.expanduser(given)))  # noqa: PTH111 - Path.expanduser raises for no user
    _refuse_unfit(deps.home, folder)
    if isinstance(deps.secrets, FileSecrets):
        deps.secrets.folder = folder
    else:
        deps.secrets = FileSecrets(deps.secrets, folder)
    return folder


def _refuse_unfit(home: Home, folder: Path) -> None:
    own = [*home.roots, *home.folders]
    if any(folder.is_relative_to(each.resolve()) for each in own):
        raise usage_problem(secrets.folder_in_home(folder=folder))
    existing = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise usage_problem(secrets.folder_unusable(folder=folder))
    if existing != folder or not hasattr(os, "geteuid"):
        return
    state = folder.stat()
    if state.st_uid != os.geteuid():
        raise usage_problem(secrets.folder_of_another_user(folder=folder))
    if state.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise usage_problem(secrets.folder_is_open(folder=folder, mode=f"{stat.S_IMODE(state.st_mode):o}"))
