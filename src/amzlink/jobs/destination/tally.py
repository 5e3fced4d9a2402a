"""What became of the orders that were to go to Sendcloud."""

import msgspec

from amzlink.core.orders.refusal import Refusal
from amzlink.problems import Problem


class SendTally(msgspec.Struct, kw_only=True):
    """What became of the orders.

    `sent` are there, read back; `recalled` were taken back; `too_late` have a parcel although nobody should ship them
    any more. `would_send` is a dry run's count.
    """

    sent: int = 0
    would_send: int = 0
    recalled: int = 0
    refused: list[Refusal] = msgspec.field(default_factory=list)
    too_late: list[str] = msgspec.field(default_factory=list)

    def refuse(self, order_id: str, problem: Problem) -> None:
        """Report an order that does not get to Sendcloud, or not away from there."""
        self.refused.append(Refusal(order_id, problem.name, problem.summary))
