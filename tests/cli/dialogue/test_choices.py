"""What a person types at a choice of what to do about a failed proof."""

from amzlink.cli.dialogue.terminal import Terminal
from amzlink.core.stores.draft import State
from amzlink.core.stores.next_step import Cure, Remedy
from amzlink.jobs.connect import ATLAS
from amzlink.problems import Problem, ProblemName, destination
from tests.cli.dialogue.by_key import Typed
from tests.support.rows import each_row

EXCHANGE, RETRY, STOP = (
    Cure(Remedy.EXCHANGE_KEYS, "Exchange the two keys"),
    Cure(Remedy.RETRY, "Try once more with the same keys"),
    Cure(Remedy.STOP, "Stop and store nothing"),
)
REFUSED = Problem(ProblemName.SENDCLOUD_CREDENTIALS, advice=destination.EXCHANGE_KEYS)


@each_row(
    ("typed", "remedy"),
    [
        (["2"], Remedy.RETRY),
        ([""], Remedy.EXCHANGE_KEYS),
        (["stop"], Remedy.STOP),
        (["4", "0", "x", " 3 "], Remedy.STOP),
        (["?", "try once"], Remedy.RETRY),
    ],
)
def test_a_number_enter_or_the_first_letters_choose(typed: list[str], remedy: Remedy) -> None:
    screen = Typed(*typed)
    assert Terminal(screen).choose(REFUSED, [EXCHANGE, RETRY, STOP], State(atlas=ATLAS)).remedy is remedy


def test_pages_of_sendcloud_are_not_advised_where_the_two_keys_are_exchanged() -> None:
    state = State(atlas=ATLAS)
    for cures, advised in (([EXCHANGE, STOP], False), ([RETRY, STOP], True)):
        screen = Typed("")
        Terminal(screen).choose(REFUSED, cures, state)
        assert (REFUSED.next_step in screen.texts) is advised
