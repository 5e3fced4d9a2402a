"""What a command is handed: the console, the global options, and the means to work, made when first asked for."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from amzlink.cli.shell.console import Console
from amzlink.cli.shell.garbage_collection import loaded
from amzlink.cli.shell.global_options import GlobalOptions
from amzlink.problems import Exit, Problem, ProblemName, store_option, usage

if TYPE_CHECKING:
    from datetime import datetime

    from amzlink.cli.shell.alarms import Alarms
    from amzlink.deps import Deps


def _deps_of(environ: Mapping[str, str], command: str, *, interactive: bool) -> "Deps":
    from amzlink.cli.shell.crash import told_as_bug
    from amzlink.deps import system_deps

    deps = system_deps(environ, interactive=interactive)
    deps.one_by_one, deps.on_bug = True, partial(told_as_bug, command, deps.home.log)
    loaded()
    return deps


class Session:
    """One invocation of amzlink. `run` runs another command line in this process and gives its exit code."""

    def __init__(
        self,
        options: GlobalOptions,
        console: Console,
        run: "Callable[[Sequence[str], Deps | None], int]",
        deps: "Deps | None" = None,
    ) -> None:
        self.options = options
        self.console = console
        self.run = run
        self.exit_code = Exit.DONE
        command = console.command.removeprefix("amzlink").strip()
        self.interruption = usage.interruption(command, dry_run="--dry-run" in options.rest)
        self.alarms: Alarms | None = None
        self._deps = deps

    @property
    def deps(self) -> "Deps":
        """The machine's files, secrets and services."""
        if self._deps is None:
            from amzlink.deps import system_deps

            loaded()
            self._deps = system_deps(os.environ, interactive=self.console.interactive)
        self._deps.observer = self.alarms or self.console
        return self._deps

    def now(self, slug: str) -> "datetime":
        """The time that counts for a store: this machine's clock, and what its runs have seen of Amazon's."""
        from amzlink.jobs.orders.browse import time_of

        return time_of(self.deps, slug)

    def begin_job(self, job: str, *, asked: bool) -> None:
        """A job that runs by itself begins. Where nobody watches it says only what is new, unless it was `asked`."""
        if self.console.unattended and not asked:
            from amzlink.cli.shell.alarms import Alarms

            self.alarms = Alarms(job, self.console, lambda: self.deps)

    def fail(self, problem: Problem) -> int:
        """Show what stopped the command before it had a result, and give its exit code."""
        if self.alarms is None or problem.exit_code in (Exit.USAGE, Exit.BAD_INPUT, Exit.INTERRUPTED):
            return self.console.fail(problem)  # it is the answer to this very command line
        from amzlink.cli.shell.alarms import Finished

        self.alarms.tell([Finished(store="", problem=problem, stopped=True)])
        return int(problem.exit_code)

    def store(self) -> str:
        """The slug of the store to work on. Raises `no-store`, `which-store` or `config-invalid`."""
        self.deps.one_by_one = True  # what is wrong with another store is not this one's
        slug = self.deps.load_config().choose(self.options.store, self.deps.home.config_file)
        self.is_about(slug)
        return slug

    def stores(self, *, all_stores: bool) -> Sequence[str]:
        """The slugs to work on: one, or all. Raises `no-store`, `which-store`, or `usage` for both at once."""
        if not all_stores:
            return (self.store(),)
        if self.options.store:
            self.console.usage(usage.STORE_AND_ALL_STORES)
        from amzlink.cli.shell.crash import told_as_bug

        deps = self.deps
        deps.one_by_one = True
        settings = deps.load_config()
        if not settings.stores and settings.broken:
            deps.one_by_one = False
            deps.load_config()  # says what is wrong
        deps.on_bug = partial(told_as_bug, self.console.command, deps.home.log)
        slugs = (*settings.stores, *settings.broken)
        if not slugs:
            raise Problem(ProblemName.NO_STORE, file=deps.home.config_file)
        if len(slugs) == 1:
            self.is_about(slugs[0])
        return slugs

    def deps_elsewhere(self) -> "Callable[[], Deps]":
        """What makes the same in another process, for the work on one of all stores."""
        return partial(_deps_of, dict(self.deps.environ), self.console.command, interactive=self.console.interactive)

    def is_about(self, slug: str) -> None:
        """From here on advice concerns this store. It is named where a command would not find it by itself."""
        is_only = len(self.deps.load_config().stores) == 1 and self.options.store is None
        self.console.store = slug
        self.console.store_option = "" if is_only else store_option(slug)
