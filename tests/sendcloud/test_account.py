"""Whose the keys are, and which shops the account has."""

import pytest

from amzlink.problems import Problem
from amzlink.sendcloud.account import Integration, Keys, list_integrations, who_am_i
from tests.sendcloud.bench import bench, data, ok, refused


def test_the_keys_tell_their_integration() -> None:
    with bench(ok({"data": {"user_id": 1, "integration_id": 2, "more": 3}})) as made:
        assert who_am_i(made.client) == Keys(1, 2)
        assert made.sent[0].url.path == "/api/v3/user/auth/metadata"


@pytest.mark.parametrize("document", [{}, {"data": None}, {"data": {"user_id": 1}}, {"data": {"integration_id": "x"}}])
def test_an_answer_that_tells_no_integration_is_named(document: object) -> None:
    with bench(ok(document)) as made, pytest.raises(Problem, match="response-malformed"):
        who_am_i(made.client)


def test_all_integrations_are_listed_whatever_their_kind() -> None:
    api = {"id": 1, "type": "api", "shop_name": "Mine", "feedback_type": "eager", "webhook_active": False}
    with bench(data(api, {"id": 2, "type": "unheard of"}, cursor="a"), data({"id": 3, "type": "amazon"})) as made:
        assert list_integrations(made.client) == [
            Integration(1, "api", "Mine", "eager"),
            Integration(2, "unheard of"),
            Integration(3, "amazon"),
        ]


def test_no_list_of_integrations_is_no_integration() -> None:
    with bench(refused(404, "not_found")) as made, pytest.raises(Problem, match="sendcloud-integration-missing"):
        list_integrations(made.client)
