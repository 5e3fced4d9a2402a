"""explain as a user meets it: names, topics, what is misspelt, and that nothing leads to a file that is not there."""

import re
from pathlib import Path

import pytest

from amzlink.cli.main import run
from amzlink.cli.pages import TOPICS, blocks_of, page_of
from amzlink.core.orders.holds import Hold
from tests.cli.dialogue.test_terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_shown_from_the_package(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", topic]) == 0
    out = capsys.readouterr().out
    assert len(out.splitlines()) > 5
    assert "](" not in out
    assert not re.search(r"docs/\S+\.md", out)


def test_the_exit_codes_and_the_variables_are_all_there(capsys: pytest.CaptureFixture[str]) -> None:
    run(["explain", "exit-codes"])
    run(["explain", "environment"])
    out = capsys.readouterr().out
    for word in ("0 ", "64", "75", "78", "130", "AMZLINK_HOME", "HTTPS_PROXY", "`amzlink explain servers`"):
        assert word in out


def test_a_topic_as_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "servers", "--json"]) == 0
    assert '"topic": "servers"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "meant"), [("role-mising-pii", "role-missing-pii"), ("exit-code", "exit-codes"), ("server", "servers")]
)
def test_what_is_misspelt_is_asked_back(typed: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", typed]) == 64
    assert f"Did you mean {meant}" in capsys.readouterr().err


@pytest.mark.parametrize("hold", [hold.value for hold in Hold])
def test_a_hold_is_explained_by_the_name_that_the_lists_show(hold: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", hold]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{hold} is a hold")
    assert f"--held {hold}" in out


@pytest.mark.parametrize(
    ("hold", "step"),
    [("amazon-ships", "in Seller Central"), ("store-pickup", "for the buyer"), ("preorder", "Wait until")],
)
def test_a_hold_that_a_release_alone_does_not_settle_says_what_a_person_does(
    hold: str, step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["explain", hold])
    assert step in capsys.readouterr().out.partition("Next:")[2]


def test_the_list_ends_with_the_topics(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--list"]) == 0
    assert set(TOPICS) <= set(capsys.readouterr().out.split())


def test_at_a_narrow_terminal_lines_to_copy_stay_whole(tmp_path: Path) -> None:
    import os

    screen = Terminal(["explain", "servers"], {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    try:
        assert screen.end() == 0
    finally:
        screen.close()
    for kind, lines in blocks_of(page_of("servers")):
        if kind == "code":
            for line in lines:
                assert line in screen.text
    assert "`AMZLINK_SECRET_MY_SHOP_SENDCLOUD_SECRET_KEY_FILE`" in screen.text


def test_a_check_s_name_is_told_with_the_problems_that_it_can_find(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "sendcloud-duplicate"]) == 64
    assert "Problems that it can find: sendcloud-amazon-active." in capsys.readouterr().err


def test_a_page_may_end_with_lines_to_copy() -> None:
    assert list(blocks_of("Text.\n\n```\na\n```")) == [("text", ["Text."]), ("code", ["a"])]
