"""When orders without addresses mean a missing role."""

from collections.abc import Sequence

from amzlink.core.orders.role_missing import Batch, withholds_addresses
from tests.support.rows import each_row


@each_row(
    ("newest_first", "ever_came", "withheld"),
    [
        ([], True, False), ([], False, False), ([(1, 1)], True, False), ([(1, 1), (1, 1)], True, True),
        ([(1, 0), (1, 1)], True, False), ([(1, 1)], False, True), ([(3, 0)], False, False),
        ([(4, 3)], True, True), ([(4, 0), (90, 90)], True, False),
    ],
)  # fmt: skip
def test_one_order_proves_nothing_and_the_newest_two_do(
    newest_first: Sequence[tuple[int, int]], ever_came: bool, withheld: bool
) -> None:
    batches = [Batch(orders, without) for orders, without in newest_first]
    assert withholds_addresses(batches, ever_came=ever_came) is withheld
