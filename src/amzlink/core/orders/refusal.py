"""An order with which something could not be done."""

import msgspec

from amzlink.problems import ProblemName


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """An order that was not taken in, sent on, or confirmed. `message` holds nothing personal."""

    order_id: str
    problem: ProblemName
    message: str
