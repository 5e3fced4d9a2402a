"""orders hold, orders release: set and lift holds."""

from amzlink.core.orders.holds import PRIME_CAUSES, HeldFor, Hold, counting, counts
from amzlink.deps import Deps
from amzlink.jobs.orders.show import order_meant
from amzlink.orderbook.orders.browse import (
    BookedOrder,
    lift_holds,
    prime_of_amazons_carrier,
    release_prime,
    set_manual_hold,
)
from amzlink.problems import Problem, ProblemName
from amzlink.run import StoreRun


def hold_order(deps: Deps, slug: str, order_id: str) -> BookedOrder:
    """Keep an order back until it is released, and give it as it was. Raises as `order_meant`."""
    with StoreRun(deps, slug) as run:
        order = order_meant(run, order_id, "amzlink orders hold")
        set_manual_hold(run.book, order.order_id, run.now())
    return order


def release_order(deps: Deps, slug: str, order_id: str) -> tuple[str, ...]:
    """Lift what keeps an order back, and say what that was.

    Raises:
        Problem: as `order_meant`, or `hold-not-found` where nothing keeps it back.
    """
    with StoreRun(deps, slug) as run:
        now = run.now()
        order = order_meant(run, order_id, "amzlink orders release")
        lifted = counting(order.held_for, run.store.hold_policy, now)
        if not lifted:
            raise Problem(ProblemName.HOLD_NOT_FOUND, order_id=order.order_id)
        lift_holds(run.book, order.order_id, now)
    return lifted


def release_prime_orders(deps: Deps, slug: str) -> list[str]:
    """Lift the hold `prime` of all orders to ship whose carrier the merchant may choose, and say which they are."""
    with StoreRun(deps, slug) as run:
        return release_prime(run.book, _counting_for_prime(run), run.now())


def prime_orders_left(deps: Deps, slug: str) -> list[str]:
    """The Prime orders to ship that `release_prime_orders` leaves on hold: Amazon wants its own labels on them."""
    with StoreRun(deps, slug) as run:
        return prime_of_amazons_carrier(run.book, _counting_for_prime(run))


def _counting_for_prime(run: StoreRun) -> list[str]:
    policy, now = run.store.hold_policy, run.now()
    return [cause for cause in PRIME_CAUSES if counts(HeldFor(Hold.PRIME, cause), policy, now)]
