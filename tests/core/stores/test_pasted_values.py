"""Pasted values: what they are taken for, and what is said when it is the wrong one."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.amazon.marketplaces import BY_ID
from amzlink.core.stores.pasted_values import Kind, Wanted, check, clean, is_usual_seller_id, recognise
from amzlink.problems import Exit, Problem
from tests.support.problems import texts_of
from tests.support.rows import each_row

CLIENT_ID = "amzn1.application-oa2-client.0123456789abcdef0123456789abcdef"
CLIENT_SECRET = "amzn1.oa2-cs.v1." + "0123456789abcdef" * 4
OLD_CLIENT_SECRET = "0123456789abcdef" * 4
REFRESH_TOKEN = "Atzr|IwEBI" + "Ab0_-" * 60
SELLER_ID = "A3TH9S8BH6GOGM"
RIGHT: dict[Wanted, str] = {
    "client id": CLIENT_ID,
    "client secret": CLIENT_SECRET,
    "refresh token": REFRESH_TOKEN,
    "Seller ID": SELLER_ID,
}

OTHERS = {
    "amzn1.sp.solution.12345678-90ab-cdef-1234-567890abcdef": Kind.APPLICATION_ID,
    "amzn1.sellerapps.app.12345678-90ab-cdef-1234-567890abcdef": Kind.APPLICATION_ID,
    "amzn1.account.AEXAMPLE": Kind.OTHER_AMAZON_ID,
    "Atza|IwEBIexample": Kind.ACCESS_TOKEN,
    "Atz.sprdt|IwEBIexample": Kind.RESTRICTED_TOKEN,
    "ANBBpzuLDvwUYjoELYTU": Kind.OAUTH_CODE,
    "A1PA6795UKMFR9": Kind.MARKETPLACE_ID,
    "a1pa6795ukmfr9": Kind.MARKETPLACE_ID,
    "AKIAIOSFODNN7EXAMPLE": Kind.AWS_ACCESS_KEY,
    "arn:aws:iam::123456789012:role/sp-api": Kind.AWS_ROLE,
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY": Kind.AWS_SECRET,
    "shop@example.com": Kind.EMAIL,
    "https://sellercentral-europe.amazon.com/sellingpartner/developerconsole": Kind.URL,
    "sellercentral.amazon.nl": Kind.URL,
    "••••••••••••": Kind.MASKED,
    "amzn…": Kind.MASKED,
    "hello": Kind.UNKNOWN,
    "": Kind.EMPTY,
    " \u200b\n ": Kind.EMPTY,
}
FROM_MWS = {
    "amzn.mws.12345678-90ab-cdef-1234-567890abcdef": Kind.MWS_AUTH_TOKEN,
    "123456789012": Kind.DEVELOPER_ID,
    "1234-5678-9012": Kind.DEVELOPER_ID,
    "3244-7764-4129": Kind.SENDCLOUD_DEVELOPER_ID,
    "324477644129": Kind.SENDCLOUD_DEVELOPER_ID,
}
KINDS = {
    **OTHERS,
    **FROM_MWS,
    CLIENT_ID: Kind.CLIENT_ID,
    CLIENT_SECRET: Kind.CLIENT_SECRET,
    OLD_CLIENT_SECRET: Kind.CLIENT_SECRET,
    REFRESH_TOKEN: Kind.REFRESH_TOKEN,
    SELLER_ID: Kind.SELLER_ID,
    "A8GCA31XZ7DWX": Kind.SELLER_ID,
}

noise = st.text(" \t\r\n\u00a0\u200b\u2060\ufeff\"'`“”„«»", max_size=6)
inner_noise = st.text("\r\n\u200b\u00ad\ufeff", max_size=3)
wanted_values = st.sampled_from(sorted(RIGHT.items()))


def refusal(wanted: Wanted, text: str) -> Problem:
    with pytest.raises(Problem) as caught:
        check(wanted, text, BY_ID, page="THE PAGE")
    return caught.value


class TestRecognising:
    @each_row(("text", "kind"), KINDS.items())
    def test_tells_the_kinds_apart(self, text: str, kind: Kind) -> None:
        assert recognise(text, BY_ID) is kind

    @each_row("marketplace_id", BY_ID)
    def test_every_marketplace_id_is_one_and_no_seller_id(self, marketplace_id: str) -> None:
        assert recognise(marketplace_id, BY_ID) is Kind.MARKETPLACE_ID
        assert refusal("Seller ID", marketplace_id).facts["found"] == "a marketplace id"

    @settings(deadline=None)  # a loaded machine is no failure
    @given(st.text())
    def test_takes_any_text(self, text: str) -> None:
        assert recognise(text, BY_ID) in Kind


class TestCleaning:
    @settings(deadline=None)  # a loaded machine is no failure
    @given(st.text(st.characters() | st.sampled_from(" \n\u200b\u2028\u0301\"“'|A")))
    def test_twice_is_as_good_as_once(self, text: str) -> None:
        assert clean(clean(text)) == clean(text)

    @settings(deadline=None)  # a loaded machine is no failure
    @given(wanted_values, noise, noise, inner_noise, st.integers(1, 12))
    def test_noise_around_and_breaks_within_do_no_harm(
        self, right: tuple[Wanted, str], before: str, after: str, within: str, place: int
    ) -> None:
        wanted, value = right
        assert check(wanted, before + value[:place] + within + value[place:] + after, BY_ID) == value

    def test_a_token_that_a_terminal_has_wrapped_is_made_whole(self) -> None:
        wrapped = "\n   ".join(REFRESH_TOKEN[start : start + 80] for start in range(0, len(REFRESH_TOKEN), 80))
        assert check("refresh token", wrapped, BY_ID) == REFRESH_TOKEN
        assert check("refresh token", wrapped.replace("\n", ""), BY_ID) == REFRESH_TOKEN

    def test_full_width_letters_become_plain(self) -> None:
        assert clean("Ａ３ＴＨ９Ｓ８ＢＨ６ＧＯＧＭ") == SELLER_ID

    def test_the_marks_of_a_bracketed_paste_are_taken_off(self) -> None:
        assert clean(f"\x1b[200~{CLIENT_ID}\x1b[201~") == CLIENT_ID

    def test_the_comma_and_the_quotes_of_a_json_file_are_taken_off(self) -> None:
        assert clean(f'"{CLIENT_ID}",') == CLIENT_ID

    def test_words_stay_apart(self) -> None:
        assert clean("  My \t shop’s  name ") == "My shop’s name"


class TestChecking:
    @pytest.mark.parametrize(("wanted", "value"), RIGHT.items())
    def test_takes_the_right_value_as_it_is(self, wanted: Wanted, value: str) -> None:
        assert check(wanted, value, BY_ID) == value

    def test_takes_a_client_secret_of_the_old_form(self) -> None:
        assert check("client secret", OLD_CLIENT_SECRET, BY_ID) == OLD_CLIENT_SECRET

    @pytest.mark.parametrize("wanted", RIGHT)
    def test_names_a_missing_value(self, wanted: Wanted) -> None:
        problem = refusal(wanted, " ")
        assert (problem.name.value, problem.summary) == ("usage", f"The {wanted} is missing.")
        assert problem.exit_code == Exit.USAGE

    @each_row("wanted", RIGHT)
    @each_row(("text", "kind"), FROM_MWS.items())
    def test_names_what_is_left_of_mws(self, wanted: Wanted, text: str, kind: Kind) -> None:
        problem = refusal(wanted, text)
        assert problem.name.value == "mws-credentials"
        assert problem.summary == f"This is {kind}, from Amazon's Marketplace Web Service (MWS)."
        assert "THE PAGE" in problem.next_step

    def test_names_sendcloud_s_developer_id_as_sendcloud_s(self) -> None:
        assert "Sendcloud's own Developer ID (3244-7764-4129)" in refusal("Seller ID", "3244-7764-4129").summary

    @each_row("wanted", RIGHT)
    @each_row(("text", "kind"), [pair for pair in OTHERS.items() if pair[1] is not Kind.EMPTY])
    def test_names_what_was_given_in_place_of_what(self, wanted: Wanted, text: str, kind: Kind) -> None:
        problem = refusal(wanted, text)
        assert problem.name.value == "secret-looks-wrong"
        assert problem.summary == f"This is not the {wanted}. It is {kind}."
        assert problem.exit_code == Exit.BAD_INPUT

    @pytest.mark.parametrize("wanted", RIGHT)
    @pytest.mark.parametrize("given_for", RIGHT)
    def test_names_an_exchange_of_the_right_values(self, wanted: Wanted, given_for: Wanted) -> None:
        if wanted == given_for:
            return
        problem = refusal(wanted, RIGHT[given_for])
        assert problem.name.value == "secret-looks-wrong"
        assert given_for in problem.summary
        assert wanted in problem.next_step or wanted == "Seller ID"

    @pytest.mark.parametrize("wanted", RIGHT)
    def test_says_where_the_right_value_is(self, wanted: Wanted) -> None:
        next_step = refusal(wanted, "hello").next_step
        assert ("Settings, Account Info" if wanted == "Seller ID" else "THE PAGE") in next_step

    def test_says_that_aws_keys_are_not_needed_any_more(self) -> None:
        assert refusal("client id", "AKIAIOSFODNN7EXAMPLE").next_step.startswith("Since October 2023")

    @pytest.mark.parametrize("wanted", ["client id", "client secret"])
    def test_notices_a_value_that_was_cut_off(self, wanted: Wanted) -> None:
        cut = RIGHT[wanted][:-5]
        assert f"It is one that is not whole ({len(cut)} characters)." in refusal(wanted, cut).summary

    def test_never_repeats_a_secret(self) -> None:
        for wanted, value in (("client secret", REFRESH_TOKEN), ("refresh token", CLIENT_SECRET)):
            problem = refusal(wanted, value)  # type: ignore[arg-type]
            assert value[-20:] not in f"{texts_of(problem)} {problem.facts}"

    @settings(deadline=None)  # a loaded machine is no failure
    @given(st.sampled_from(sorted(RIGHT)), st.text() | st.text(string.printable) | st.sampled_from(sorted(KINDS)))
    def test_any_text_is_taken_or_refused_by_name(self, wanted: Wanted, text: str) -> None:
        try:
            value = check(wanted, text, BY_ID)
        except Problem as problem:
            said = problem.next_step
        else:
            said = check(wanted, value, BY_ID)
        assert said


class TestARefreshToken:
    @pytest.mark.parametrize(
        ("text", "detail"),
        [
            ("Atzr|", "only 0 characters after Atzr| were given"),
            ("Atzr|IwEBI", "only 5 characters after Atzr| were given"),
            (REFRESH_TOKEN.removeprefix("Atzr|"), "its beginning Atzr| is missing"),
            (REFRESH_TOKEN.replace("|", ""), "the sign | after Atzr is missing"),
            ("Atzr", "the sign | after Atzr is missing"),
            (REFRESH_TOKEN[:30] + "…" + REFRESH_TOKEN[-30:], "a part of it was replaced by dots or stars"),
            (REFRESH_TOKEN + "&state=1", "it holds signs that no token has"),
        ],
    )
    def test_that_is_damaged_is_named_with_its_damage(self, text: str, detail: str) -> None:
        problem = refusal("refresh token", text)
        assert problem.name.value == "refresh-token-malformed"
        assert problem.summary == f"The refresh token is incomplete: {detail}."


class TestASellerId:
    @pytest.mark.parametrize("text", ["a3th9s8bh6gogm", " A3TH9S8BH6GOGM\n", "“A3TH9S8BH6GOGM”"])
    def test_is_put_into_capitals(self, text: str) -> None:
        assert check("Seller ID", text, BY_ID) == SELLER_ID

    @pytest.mark.parametrize("text", ["B3TH9S8BH6GOGM", "ABCDEFGHIJKLMN", "A1B2C3D4E5", "A1B2C3D4E5F6G7H8"])
    def test_of_an_unusual_form_is_taken_since_amazon_publishes_none(self, text: str) -> None:
        assert check("Seller ID", text, BY_ID) == text

    @pytest.mark.parametrize(
        "text",
        ["myshopname", "My Shop", "my-shop-berlin", "A1B2C3", "A1B2C3D4E5F6G7H8I9", "A3TH9S8B H6GOGM", "1234567890"],
    )
    def test_that_cannot_be_one_is_refused(self, text: str) -> None:
        problem = refusal("Seller ID", text)
        assert problem.name.value == "secret-looks-wrong"
        assert "Merchant Token" in problem.next_step

    @pytest.mark.parametrize(
        ("value", "usual"),
        [("A3TH9S8BH6GOGM", True), ("A8GCA31XZ7DWX", True), ("B3TH9S8BH6GOGM", False), ("A1B2C3D4E5", False)],
    )
    def test_is_called_usual_when_it_has_the_form_of_those_seen(self, value: str, usual: bool) -> None:
        assert is_usual_seller_id(value) is usual


class TestSendcloudsKeys:
    WANTED: tuple[Wanted, ...] = ("Sendcloud public key", "Sendcloud secret key")
    KEY = "0123456789abcdef0123456789abcdef"

    @pytest.mark.parametrize("wanted", WANTED)
    @pytest.mark.parametrize("value", [KEY, KEY.upper(), KEY[:20], "Ab_-" * 12])
    def test_are_taken_whatever_their_length(self, wanted: Wanted, value: str) -> None:
        assert check(wanted, f' "{value}"\n', BY_ID) == value

    @each_row("wanted", WANTED)
    @each_row(("text", "kind"), [pair for pair in OTHERS.items() if pair[1] is not Kind.EMPTY])
    def test_are_not_something_else(self, wanted: Wanted, text: str, kind: Kind) -> None:
        problem = refusal(wanted, text)
        assert problem.name.value == "secret-looks-wrong"
        assert problem.summary == f"This is not the {wanted}. It is {kind}."
        assert "Settings, Integrations" in problem.next_step

    @pytest.mark.parametrize("wanted", WANTED)
    @pytest.mark.parametrize("given_for", RIGHT)
    def test_are_not_one_of_amazons(self, wanted: Wanted, given_for: Wanted) -> None:
        assert given_for in refusal(wanted, RIGHT[given_for]).summary

    @pytest.mark.parametrize("wanted", RIGHT)
    def test_are_none_of_amazons(self, wanted: Wanted) -> None:
        assert refusal(wanted, self.KEY).name.value in ("secret-looks-wrong", "refresh-token-malformed")
