"""The orders that Sendcloud has. What is accepted is saved a little later: until then nobody finds it."""

from bisect import bisect_left, insort
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from amzlink.sandbox.messages import Json
from amzlink.sandbox.sendcloud.times import stamp

SAVING: Final = timedelta(seconds=2)


@dataclass(slots=True)
class StoredOrder:
    """An order as it was saved last."""

    id: int
    body: Json
    created: datetime
    modified: datetime

    @property
    def order_id(self) -> str:
        """The shop's own id."""
        return str(self.body["order_id"])

    @property
    def order_number(self) -> str:
        """The number that people see."""
        return str(self.body["order_number"])

    @property
    def integration_id(self) -> int:
        """Whose order it is."""
        return int(self.body["order_details"]["integration"]["id"])

    def render(self) -> Json:
        """The order as reading calls tell it: here its id is a text."""
        times = {"created_at": stamp(self.created), "modified_at": stamp(self.modified)}
        return {**self.body, "id": str(self.id), **times}

    def names(self) -> Json:
        """The order as writing calls answer: here its id is a number."""
        return {"id": self.id, "order_id": self.order_id, "order_number": self.order_number}


@dataclass(frozen=True, slots=True)
class _Accepted:
    due: datetime
    id: int
    body: Json
    at: datetime


class OrderStore:
    """All orders of the account, by id; `ids` are in rising order. An order is one by integration and order_id."""

    def __init__(self, first_id: int) -> None:
        self.ids: list[int] = []
        self.posts = 0
        self.writes: Counter[str] = Counter()
        self._next_id = first_id
        self._known: dict[tuple[int, str], int] = {}
        self._living: set[int] = set()
        self._queue: deque[_Accepted] = deque()
        self._stored: dict[int, StoredOrder] = {}
        self._by_order_id: defaultdict[str, set[int]] = defaultdict(set)
        self._by_number: defaultdict[str, set[int]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._stored)

    def __getitem__(self, key: int) -> StoredOrder:
        return self._stored[key]

    def get(self, key: int) -> StoredOrder | None:
        """The saved order of that id."""
        return self._stored.get(key)

    def accept(self, body: Json, now: datetime, saving: timedelta = SAVING) -> int:
        """Takes an order in, a new one or a new state of one that is known, to be saved after that time; its id."""
        key = (int(body["order_details"]["integration"]["id"]), str(body["order_id"]))
        if key not in self._known:
            self._known[key] = self.draw_id()
            self._living.add(self._known[key])
        self._queue.append(_Accepted(now + saving, self._known[key], body, now))
        self.writes[str(body["order_id"])] += 1
        return self._known[key]

    def draw_id(self) -> int:
        """An id that no order has."""
        self._next_id += 1
        return self._next_id - 1

    def settle(self, now: datetime) -> None:
        """Saves what is due."""
        while self._queue and self._queue[0].due <= now:  # one that is slow holds up those behind it
            self._save(self._queue.popleft())

    def change(self, order: StoredOrder, body: Json, now: datetime) -> None:
        """Saves a partial update, at once."""
        self._forget_names(order)
        order.body, order.modified = body, now
        self._note_names(order)
        self.writes[order.order_id] += 1

    def delete(self, order: StoredOrder) -> None:
        """Takes an order out for good, with what was accepted of it and not yet saved."""
        self._forget_names(order)
        del self._stored[order.id], self._known[order.integration_id, order.order_id]
        self._living.discard(order.id)
        self.ids.pop(bisect_left(self.ids, order.id))

    def named(self, *, order_id: str | None = None, order_number: str | None = None) -> list[int] | None:
        """Ids, rising, of the orders of that name in any case of its letters; None if no name is given."""
        if order_id is not None:
            return sorted(self._by_order_id.get(order_id.casefold(), ()))
        return None if order_number is None else sorted(self._by_number.get(order_number.casefold(), ()))

    def find(self, integration_id: int, order_id: str) -> StoredOrder | None:
        """The saved order that is one by these two."""
        return self._stored.get(self._known.get((integration_id, order_id), 0))

    def _save(self, accepted: _Accepted) -> None:
        if accepted.id not in self._living:
            return
        order = self._stored.get(accepted.id)
        if order is None:
            order = self._stored[accepted.id] = StoredOrder(accepted.id, accepted.body, accepted.at, accepted.at)
            insort(self.ids, accepted.id)
        else:
            self._forget_names(order)
            order.body, order.modified = accepted.body, accepted.at
        self._note_names(order)

    def _note_names(self, order: StoredOrder) -> None:
        self._by_order_id[order.order_id.casefold()].add(order.id)
        self._by_number[order.order_number.casefold()].add(order.id)

    def _forget_names(self, order: StoredOrder) -> None:
        for index, name in ((self._by_order_id, order.order_id), (self._by_number, order.order_number)):
            index[name.casefold()].discard(order.id)
            if not index[name.casefold()]:
                del index[name.casefold()]
