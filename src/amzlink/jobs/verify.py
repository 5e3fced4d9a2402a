"""verify: find out why a link does not work, layer by layer, and say what to do about it.

Each check has a time limit of its own and runs in a daemon thread, because name look-ups and D-Bus can hang beyond any
socket's time-out. A check whose ground has failed is skipped and says so; all others still run.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from amzlink.account import Account
from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.amazon.probe import LWA, SPAPI
from amzlink.config.settings import Config, Store
from amzlink.core.diagnosis.checks import Check, Result, Status, found, passed, skipped
from amzlink.core.diagnosis.clock_skew import is_skewed, skew_problem
from amzlink.core.diagnosis.judge import AMAZON_CHECKS, used_up
from amzlink.core.diagnosis.judge_sendcloud import SENDCLOUD_CHECKS
from amzlink.deps import Deps
from amzlink.http.connection import Ask
from amzlink.http.proxies import unreadable_exceptions
from amzlink.http.reachability import Probe as Look
from amzlink.http.reachability import probe
from amzlink.jobs.diagnosis import machine
from amzlink.jobs.diagnosis.amazon import examine_amazon
from amzlink.jobs.diagnosis.probing import limits_of_check, too_slow
from amzlink.jobs.diagnosis.schedule import is_scheduled
from amzlink.jobs.diagnosis.sendcloud import examine_sendcloud
from amzlink.jobs.runs.one_of_many import OfMany, Told
from amzlink.jobs.schedule.schedules import run_twice
from amzlink.orderbook.orders.searches import coverage
from amzlink.problems import Problem, ProblemName, store_option
from amzlink.problems.failures import Refused
from amzlink.run import StoreRun, sure_day
from amzlink.secrets.store import require
from amzlink.sendcloud.probe import PANEL
from amzlink.time_limits import OutOfTime, outcomes_within

if TYPE_CHECKING:
    from amzlink.sendcloud.transport import SendcloudClient

DEFAULT_LIMIT: Final = timedelta(seconds=10)
_AMAZON_HOSTS: Final = ("lwa", "spapi")
_SENDCLOUD_HOST: Final = "sendcloud"
_BOOK_FIRST: Final = "The order book has to be put right first."

Task = Callable[[], Any]


class VerifyOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command was asked for. `limit` holds for each check."""

    deep: bool = False
    limit: timedelta = DEFAULT_LIMIT


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """All results, in the order of the checks."""

    store: str | None
    results: tuple[Result, ...]

    @property
    def ok(self) -> bool:
        """Whether no check failed; warnings do not count."""
        return all(result.status is not Status.FAILED for result in self.results)

    @property
    def first_to_fix(self) -> Result | None:
        """The failure that the others may hang on; else the first warning."""
        for status in (Status.FAILED, Status.WARNING):
            if result := next((each for each in self.results if each.status is status), None):
                return result
        return None


def verify(
    deps: Deps, wanted: str | None, options: VerifyOptions, on_result: Callable[[Result], None] = lambda _: None
) -> Verification:
    """Examine a store. Every failure ends in a result; `on_result` hears of each in order, as soon as it stands.

    Raises:
        Problem: `no-store` or `which-store`: there is nothing to examine yet, or it was not said what.
    """
    deps = replace(deps, one_by_one=True)  # what is wrong with another store hides nothing of this one
    try:
        settings = deps.load_config()
    except Problem as problem:
        return unexamined(problem, wanted, on_result)
    try:
        slug = settings.choose(wanted, deps.home.config_file)
    except Problem as problem:
        if problem.name is ProblemName.CONFIG_INVALID:
            return unexamined(problem, wanted, on_result)
        raise
    ledger = _Ledger(on_result, _facts_of(slug, settings.stores[slug]))
    try:
        examination = _Examination(deps, settings, slug, options, ledger)
    except Problem as problem:  # the variable that shifts a test store's clock
        ledger.add(found(Check.CLOCK, problem))
        ledger.skip_rest("The environment has to be put right first.")
    else:
        examination.run()
    return Verification(store=slug, results=ledger.results)


def verify_all(
    deps: Deps, options: VerifyOptions, on_store: Callable[[Verification], None] = lambda _: None
) -> list[Verification]:
    """Examine all stores, one after the other; `on_store` hears of each. What is the machine's own is looked at once.

    Raises:
        Problem: `config-invalid` and what else reading the settings raises; `no-store`.
    """
    settings = deps.load_config()
    slugs = (*settings.stores, *settings.broken)
    if not slugs:
        raise Problem(ProblemName.NO_STORE, file=deps.home.config_file)
    found: list[Verification] = []
    seen: dict[object, Any] = {}
    with deps.sharing() as shared:
        for number, slug in enumerate(slugs, start=1):
            observer = OfMany(Told(deps.observer), slug, number, len(slugs))
            found.append(_verify_one(replace(shared, observer=observer), settings, slug, options, seen))
            on_store(found[-1])
    return found


def _verify_one(
    deps: Deps, settings: Config, slug: str, options: VerifyOptions, seen: dict[object, Any]
) -> Verification:
    """One store of many: a bug of ours costs the checks that it kept from being made."""
    if broken := settings.broken.get(slug):
        return unexamined(broken, slug, lambda _: None)
    ledger = _Ledger(lambda _: None, _facts_of(slug, settings.stores[slug]))
    try:
        _Examination(deps, settings, slug, options, ledger, seen=seen).run()
    except Exception as error:  # noqa: BLE001 - a bug costs one store, not all
        problem = error if isinstance(error, Problem) else deps.bug(error, slug)
        ledger.add(found(ledger.first_missing, problem))
        ledger.skip_rest("A check before it ended in an error.")
    return Verification(store=slug, results=ledger.results)


def unexamined(problem: Problem, wanted: str | None, on_result: Callable[[Result], None]) -> Verification:
    """The checks where there is no store or the settings cannot be read: one failed, all others are skipped."""
    ledger = _Ledger(on_result)
    ledger.add(found(Check.CONFIG, problem))
    no_store = problem.name in (ProblemName.NO_STORE, ProblemName.WHICH_STORE)
    ledger.skip_rest("No store was examined." if no_store else "The settings cannot be read.")
    return Verification(store=wanted, results=ledger.results)


def _facts_of(slug: str, store: Store) -> dict[str, object]:
    marketplace = BY_COUNTRY.get(store.country)
    facts: dict[str, object] = {"store": slug, "store_option": store_option(slug), "country": store.country}
    return {**facts, "page": marketplace.develop_apps_url} if marketplace else facts


class _Ledger:
    """Results by check; each is passed on as soon as all before it are there."""

    def __init__(self, on_result: Callable[[Result], None], facts: Mapping[str, object] | None = None) -> None:
        self._facts = facts or {}
        self._found: dict[Check, Result] = {}
        self._told = 0
        self._on_result = on_result

    @property
    def results(self) -> tuple[Result, ...]:
        return tuple(self._found[check] for check in Check)

    def add(self, *results: Result) -> None:
        self._found.update({result.id: result.about(self._facts) for result in results})
        order = list(Check)
        while self._told < len(order) and order[self._told] in self._found:
            self._on_result(self._found[order[self._told]])
            self._told += 1

    @property
    def first_missing(self) -> Check:
        """The first check of which nothing is known; the last one where there is none."""
        return next((check for check in Check if check not in self._found), list(Check)[-1])

    @property
    def count(self) -> int:
        return len(self._found)

    def has(self, check: Check) -> bool:
        return check in self._found

    def good(self, check: Check) -> bool:
        return self._found[check].status in (Status.OK, Status.WARNING)

    def skip(self, checks: Iterable[Check], why: str) -> None:
        self.add(*(skipped(check, why) for check in checks if check not in self._found))

    def skip_rest(self, why: str) -> None:
        self.skip(Check, why)


class _Examination:
    """One store's examination. `seen` is what others have found out of this machine, and learns what this one does."""

    def __init__(
        self,
        deps: Deps,
        settings: Config,
        slug: str,
        options: VerifyOptions,
        ledger: _Ledger,
        *,
        seen: dict[object, Any] | None = None,
    ) -> None:
        self._seen: dict[object, Any] = {} if seen is None else seen
        self._limit = options.limit.total_seconds()
        self._limits = limits_of_check(options.limit)
        # A call gives up a little before its check does, so that its own words are heard.
        self._store: Store = settings.stores[slug]
        self._deps = replace(deps.of_store(self._store), timeout_seconds=self._limit * 0.9)
        self._settings = settings
        self._slug = slug
        self._options = options
        self._ledger = ledger
        self._offset: timedelta | None = None
        self._now: datetime = self._deps.clock.now()
        self._sure: date | None = None
        self._reached: frozenset[str] = frozenset()

    def run(self) -> None:
        """All checks, those that stand on nothing else at the same time."""
        self._ledger.add(machine.check_config(self._settings, self._slug, self._deps.home))
        if not self._ledger.good(Check.CONFIG):
            self._ledger.skip_rest("The store's settings have to be put right first.")
            return
        account = self._deps.account_of(self._slug, self._store)
        self._tell("checking this machine, the network and the order book")
        self._first_round(account)
        self._take_time()
        self._ledger.add(machine.check_secret_age(self._store, self._now.date()))
        self._tell("checking the order book")
        self._second_round()
        self._tell("asking Amazon")
        self._amazon(account)
        if not self._can_count_calls:
            self._ledger.skip([Check.QUOTA], _BOOK_FIRST)
        if not self._ledger.has(Check.QUOTA):
            now = self._deps.clock.now()  # by which the quotas were noted
            quota = {Check.QUOTA: lambda: machine.check_quota(self._deps, self._slug, self._store, now)}
            self._ledger.add(*self._together(quota).values())
        self._tell("asking Sendcloud")
        self._sendcloud()

    def _tell(self, what: str) -> None:
        self._deps.observer.step(what, self._ledger.count, len(Check))

    def _first_round(self, account: Account) -> None:
        # Their addresses are looked up within the check: a variable may give one that cannot be used.
        hosts: dict[str, tuple[Callable[[], str], Ask]] = {
            "lwa": (self._deps.lwa_url, LWA),
            "spapi": (lambda: self._deps.spapi_url(account), SPAPI),
        }
        if self._sends:
            hosts[_SENDCLOUD_HOST] = (lambda: self._deps.sendcloud_urls()[0], PANEL)
        tasks: dict[str, Task] = {
            Check.KEYRING: lambda: machine.check_keyring(self._deps, self._slug, sends=self._sends),
            Check.ORDER_BOOK: lambda: machine.check_order_book(self._deps, deep=self._options.deep),
        }
        looks = {name: (lambda host=host: self._look_at(*host)) for name, host in hosts.items()}
        # A host is looked at once, but its time is told by the store's clock. Secrets are each store's own.
        of_the_machine: dict[str, object] = {
            **{name: (name, self._store.test) for name in hosts},
            "spapi": ("spapi", self._store.test, account.region, account.amazon_sandbox),
            Check.ORDER_BOOK: Check.ORDER_BOOK,
        }
        outcomes = {name: self._seen[key] for name, key in of_the_machine.items() if key in self._seen}
        todo = {name: task for name, task in {**tasks, **looks}.items() if name not in outcomes}
        outcomes |= outcomes_within(self._limit, todo, Problem)
        self._seen |= {key: outcomes[name] for name, key in of_the_machine.items()}
        self._ledger.add(*(self._result(Check(name), outcomes[name]) for name in tasks))
        self._ledger.add(*self._judge_network({name: outcomes[name] for name in hosts}))

    @property
    def _sends(self) -> bool:
        """Whether this store's orders go to Sendcloud."""
        return self._store.destination == "sendcloud"

    def _look_at(self, url: Callable[[], str], ask: Ask) -> Look:
        return probe(
            url(),
            ask,
            clock=self._deps.clock,
            environ=self._deps.environ,
            timeout_seconds=self._limit * 0.9,
            transport=self._deps.transport,
        )

    def _judge_network(self, outcomes: Mapping[str, object]) -> tuple[Result, Result]:
        """All hosts, and the time that Amazon's tell."""
        seen = {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, Look)}
        self._reached = frozenset(seen)
        hosts: dict[str, object] = {look.host: look.evidence() for look in seen.values()}
        if meaningless := unreadable_exceptions(self._deps.environ):
            hosts["NO_PROXY"] = {"ignored": meaningless}
        faults = [outcome for outcome in outcomes.values() if isinstance(outcome, BaseException)]
        if faults:
            problem = faults[0] if isinstance(faults[0], Problem) else too_slow(self._options.limit)
            network = found(Check.NETWORK, problem, hosts=hosts)
        elif warning := next((look.warning for look in seen.values() if look.warning), None):
            network = found(Check.NETWORK, warning, hosts=hosts)
        else:
            whose = "Amazon's and Sendcloud's hosts" if self._sends else "Amazon's hosts"
            network = passed(Check.NETWORK, f"{whose} can be reached.", hosts=hosts)
        told = (seen[name].offset for name in _AMAZON_HOSTS if name in seen)
        self._offset = offset = next((each for each in told if each is not None), None)
        if offset is None:
            return network, skipped(Check.CLOCK, "No answer told the time.")
        seconds = round(offset.total_seconds())
        if is_skewed(offset):
            return network, found(Check.CLOCK, skew_problem(offset), offset_seconds=seconds)
        return network, passed(Check.CLOCK, "This machine's clock is right.", offset_seconds=seconds)

    def _take_time(self) -> None:
        """What the hosts told of the time, judged as a run judges it; a wrong clock must not look like old data."""
        try:
            with StoreRun(self._deps, self._slug) as run:
                run.take_time(self._offset)
                self._now, self._sure = run.now(), sure_day(run)
        except Problem:  # of the order book: its check tells
            self._now = min(self._now, self._now + (self._offset or timedelta()))

    def _second_round(self) -> None:
        if not self._ledger.good(Check.ORDER_BOOK):
            self._ledger.skip((Check.VAULT, Check.RETENTION, Check.FRESHNESS), _BOOK_FIRST)
            return
        tasks: dict[Check, Task] = {
            Check.RETENTION: lambda: machine.check_retention(self._deps, self._slug, self._sure, self._now),
            Check.FRESHNESS: self._freshness,
        }
        if self._ledger.good(Check.KEYRING):
            tasks[Check.VAULT] = lambda: machine.check_vault(self._deps, self._slug)
        self._ledger.add(*self._together(tasks).values())
        self._ledger.skip([Check.VAULT], "Its key lies with the secrets, and they cannot be read.")

    def _freshness(self) -> Result:
        if Check.FRESHNESS not in self._seen:
            scheduled = is_scheduled(self._deps.environ)
            self._seen[Check.FRESHNESS] = scheduled, run_twice(self._deps) if scheduled else []
        scheduled, others = self._seen[Check.FRESHNESS]
        twice = next((each for each in others if each.facts.get("store", self._slug) == self._slug), None)
        return machine.check_freshness(self._deps, self._slug, self._now, scheduled=scheduled, twice=twice)

    def _amazon(self, account: Account) -> None:
        for ground, why in (
            (self._ledger.good(Check.KEYRING), "The secrets cannot be had."),
            (self._reached.issuperset(_AMAZON_HOSTS), "Amazon cannot be reached."),
            (self._can_count_calls, _BOOK_FIRST),
        ):
            if not ground:
                self._ledger.skip((Check.LWA_TOKEN, *AMAZON_CHECKS), why)
                return
        examined = examine_amazon(self._deps, account, self._store, self._limits, deep=self._options.deep)
        self._ledger.add(*(self._as_it_worked_before(result) for result in examined.results))
        if throttled := used_up(examined.replies):
            self._ledger.add(found(Check.QUOTA, throttled))

    def _as_it_worked_before(self, result: Result) -> Result:
        """A search that is refused after imports that went well is refused for now; a newer version would not help."""
        problem = result.problem
        if result.id is not Check.ORDERS_ACCESS or not isinstance(problem, Refused):
            return result
        if problem.name is not ProblemName.REQUEST_REFUSED or not self._has_imported():
            return result
        return found(Check.ORDERS_ACCESS, problem.named(ProblemName.REFUSED_FOR_NOW))

    def _has_imported(self) -> bool:
        if not self._ledger.good(Check.ORDER_BOOK):
            return False
        with self._deps.book(self._slug) as book:
            return coverage(book) is not None

    @property
    def _can_count_calls(self) -> bool:
        """Machines that share an order book count their calls there, and make none that they cannot count."""
        return not self._deps.shares_book or self._ledger.good(Check.ORDER_BOOK)

    def _sendcloud(self) -> None:
        for ground, why in (
            (self._sends, "Orders of this store are not sent to Sendcloud."),
            (self._ledger.good(Check.KEYRING), "The secrets cannot be had."),
            (_SENDCLOUD_HOST in self._reached, "Sendcloud cannot be reached."),
            (self._can_count_calls, _BOOK_FIRST),
        ):
            if not ground:
                self._ledger.skip(SENDCLOUD_CHECKS, why)
                return
        try:
            client = self._deps.sendcloud(self._slug, self._store, self._limits.waits)
        except Problem as problem:
            self._ledger.add(found(Check.SENDCLOUD_ACCESS, problem))
            self._ledger.skip(SENDCLOUD_CHECKS, "Without good keys Sendcloud answers nothing.")
            return
        own = self._store.sendcloud_integration_id
        examined = examine_sendcloud(self._limits, client, self._with_exchanged_keys, own, own_by_default=False)
        self._ledger.add(*examined.results)

    def _with_exchanged_keys(self) -> "SendcloudClient":
        public_key = self._store.sendcloud_public_key or ""
        secret_key = require(self._deps.secrets, self._slug, "sendcloud-secret-key").reveal()
        return self._deps.sendcloud_client(self._slug, secret_key, lambda: public_key, max_wait=self._limits.waits)

    def _together(self, tasks: Mapping[Check, Task]) -> dict[Check, Any]:
        """Run checks at the same time; a problem that one raises, or its silence, becomes its result."""
        outcomes = outcomes_within(self._limit, tasks, Problem)
        return {check: self._result(check, outcome) for check, outcome in outcomes.items()}

    def _result(self, check: Check, outcome: Any) -> Any:
        if isinstance(outcome, Problem):
            return found(check, outcome)
        return found(check, too_slow(self._options.limit)) if isinstance(outcome, OutOfTime) else outcome
