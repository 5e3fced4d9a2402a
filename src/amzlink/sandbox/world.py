"""The sandbox's world: one seller, its orders and products, the tokens given out, the clock, the quotas, the faults.

What the seller has at Sendcloud is `World.sendcloud`.
"""

import uuid
from bisect import insort
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from threading import RLock
from typing import Final

from amzlink.amazon.marketplaces import Marketplace, Region
from amzlink.sandbox.account import Account, make_account, make_refresh_token, opaque_token, shops_in
from amzlink.sandbox.catalogue import LISTINGS, Catalogue
from amzlink.sandbox.clock import Clock, MovableClock
from amzlink.sandbox.documents import Documents
from amzlink.sandbox.faults import Switchboard
from amzlink.sandbox.feed_queue import FeedQueue
from amzlink.sandbox.ledger import Ledger
from amzlink.sandbox.order import Order, make_writer
from amzlink.sandbox.order_plan import Story, plan_new_order, plan_order
from amzlink.sandbox.patch_queue import PatchQueue
from amzlink.sandbox.quota import Quota, QuotaMode
from amzlink.sandbox.rare_orders import read_kinds
from amzlink.sandbox.report_queue import ReportQueue
from amzlink.sandbox.sendcloud.panel import Panel

TOKEN_LIFE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Grant:
    """What an access token opens until when.

    `resources` limits a restricted data token to its methods and paths. `renewed` is true of a token that stems from
    a later authorisation than the first.
    """

    expires: datetime
    resources: frozenset[tuple[str, str]] | None = None
    renewed: bool = False


class World:
    """Everything that the operations read and change. Hold `lock` while doing either from several threads."""

    def __init__(
        self,
        *,
        orders: int = 200,
        listings: int = LISTINGS,
        seed: int = 7,
        quota: QuotaMode = "real",
        faults: Iterable[str] = (),
        clock: Clock | None = None,
    ) -> None:
        self.lock = RLock()
        self.clock = MovableClock(clock)
        self.started = self.clock.now()
        self.account: Account = make_account(seed)
        self.catalogue = Catalogue(seed, self.started, listings)
        self.quota = Quota(quota, self.started)
        self.faults = Switchboard(faults)
        self.sendcloud = Panel(seed, self.account.sendcloud, self.clock, quota, self.faults)
        self.grants: dict[str, Grant] = {}
        self.newer_refresh_tokens: set[str] = set()
        self.orders: dict[str, Order] = {}
        self._seed = seed
        self._rng = Random(f"{seed}/world")
        self.ledger = Ledger()
        self.documents = Documents(Random(f"{seed}/documents"))
        self.feeds = FeedQueue()
        self.patches = PatchQueue()
        self.reports = ReportQueue()
        self._calls: Counter[str] = Counter()
        self._write = make_writer(self.catalogue)
        self._planned = 0
        self._paged: list[tuple[str, str]] = []
        self._opened: list[Marketplace] = []
        while len(self.orders) < orders:
            self._keep(Order(plan_order(seed, self._next_number(), self.started), self._write))
        self._paged = sorted((order.key, order_id) for order_id, order in self.orders.items())

    @property
    def paged(self) -> list[tuple[str, str]]:
        """Page key and order id of all orders, in the order of Amazon's pages."""
        return self._paged

    @property
    def region(self) -> Region:
        """The region of the seller's account, where a fault may have put it into another."""
        return self.faults.region or self.account.region

    @property
    def marketplaces(self) -> tuple[Marketplace, ...]:
        """Where the seller has a shop, the main one first."""
        opened = (each for each in self._opened if each.region == self.region)
        return tuple(dict.fromkeys((*shops_in(self.region), *opened)))

    def open_shop(self, marketplace: Marketplace) -> None:
        """The seller opens a shop in one more marketplace."""
        self._opened.append(marketplace)

    def now(self) -> datetime:
        """The sandbox's time, ahead of its clock if a fault wants it."""
        return self.clock.now() + self.faults.ahead

    def add_orders(
        self,
        count: int,
        status: Story = Story.UNSHIPPED,
        *,
        country: str | None = None,
        kinds: Iterable[str] | None = None,
        over: timedelta = timedelta(),
    ) -> list[str]:
        """Takes new orders in; their ids. They are of these kinds, and nothing else sets them apart.

        They are created now, or one after the other `over` the time before. Country and kinds that are not given are
        drawn as for all orders.
        """
        traits, write = (None, self._write) if kinds is None else read_kinds(kinds, self._write)
        added: list[str] = []
        while len(added) < count:
            number = self._next_number()
            created = self.now() - over * ((count - len(added) - 1) / count)
            plan = plan_new_order(self._seed, number, created, status, country=country, traits=traits)
            order = Order(plan, write)
            if self._keep(order):
                insort(self._paged, (order.key, order.order_id))
                added.append(order.order_id)
        return added

    def shippable(self) -> list[str]:
        """Ids of the orders of which the merchant has something left to send."""
        return [order_id for order_id, order in self.orders.items() if order.is_shippable]

    def count_call(self, operation: str) -> None:
        """Notes a call, however it is answered."""
        self._calls[operation] += 1

    def count_calls(self) -> dict[str, int]:
        """Calls so far by operationId; `token` is LWA, those to Sendcloud begin with `sendcloud/`."""
        return dict(self._calls)

    def issue_token(
        self, prefix: str = "Atza", resources: frozenset[tuple[str, str]] | None = None, *, renewed: bool = False
    ) -> str:
        """A token that opens the API for an hour."""
        token = opaque_token(self._rng, prefix, 345)
        self.grants[token] = Grant(self.now() + TOKEN_LIFE, resources, renewed)
        return token

    def renew_authorisation(self) -> str:
        """A newer refresh token of the seller's app, as a click on Authorize gives; the earlier ones stay good."""
        token = make_refresh_token(self._rng)
        self.newer_refresh_tokens.add(token)
        return token

    def make_request_id(self) -> str:
        """The id under which Amazon would find a request again."""
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def random(self) -> Random:
        """Randomness for changes to the world; the same seed and calls give the same world."""
        return self._rng

    def _next_number(self) -> int:
        self._planned += 1
        return self._planned - 1

    def _keep(self, order: Order) -> bool:
        """Takes the order in, unless chance gave it an id that is already taken."""
        if order.order_id in self.orders:
            return False
        self.orders[order.order_id] = order
        return True
