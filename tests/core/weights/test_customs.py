"""HS codes and countries of origin: as people and spreadsheets write them, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.core.weights.customs import (
    COUNTRIES,
    HS_LENGTHS,
    NO_CUSTOMS,
    BadCustomsError,
    CustomsData,
    CustomsState,
    assess_customs,
    parse_country,
    parse_customs,
    parse_hs_code,
    usable,
)
from tests.support.rows import each_row

CODES = st.sampled_from(HS_LENGTHS).flatmap(
    lambda length: st.text("0123456789", min_size=length, max_size=length).filter(lambda code: code[:2] != "00")
)
FULL = CustomsData("610910", "PT")


def why(text: str) -> str:
    with pytest.raises(BadCustomsError) as caught:
        parse_hs_code(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("610910", "610910"), ("6109.10", "610910"), ("6109 10", "610910"), ("6109.10.00", "61091000"),
        (" 61 09 10 00 12 ", "6109100012"), ("010130", "010130"), ("0101.30", "010130"), ("6109\u00a010", "610910"),
        ("'010130", "010130"), ('="010130"', "010130"), ("６１０９１０", "610910"),
        # what a spreadsheet's number means for certain
        ("610910.0", "610910"), ("610910,0", "610910"), ("610910,00", "610910"), ("6109100012.00", "6109100012"),
        ("61091000.000", "61091000"),
    ],
)  # fmt: skip
def test_a_code_is_read_however_it_is_written(text: str, code: str) -> None:
    assert parse_hs_code(text) == code


@each_row(
    ("text", "reason"),
    [
        ("10130", "has 5 digits and needs 6, 8 or 10; a spreadsheet drops a zero"),
        ("6109.1", "has 5 digits and needs 6, 8 or 10; a spreadsheet drops a zero"),
        ("1013000", "has 7 digits and needs 6, 8 or 10; a spreadsheet drops a zero"),
        ("101300012", "has 9 digits and needs 6, 8 or 10; a spreadsheet drops a zero"),
        ("10130.0", "has 5 digits"),
        ("6.1091E+05", "rounded by a spreadsheet"),
        ("6,1E+09", "rounded by a spreadsheet"),
        ("6109100012E0", "rounded by a spreadsheet"),
        ("610910.00", "can be read as 610910 or 61091000"),
        ("101.291", "a dot in the HS code is not between pairs of digits"),  # 0101.2910
        ("610.910", "a dot in the HS code is not between pairs of digits"),
        ("6109", "has 4 digits and needs 6, 8 or 10"),
        ("6", "has 1 digit and needs"),
        ("61091000123", "has 11 digits"),
        ("000000", "begins with 00"),
        ("", "is not one of 6, 8 or 10 digits"),
        ("HS", "is not one of 6, 8 or 10 digits"),
        ("6109,10", "is not one of 6, 8 or 10 digits"),
        ("610910a", "is not one of 6, 8 or 10 digits"),
        ("-610910", "is not one of 6, 8 or 10 digits"),
        ("6" * 70, "is not one of 6, 8 or 10 digits"),
    ],
)
def test_what_is_none_or_has_lost_digits_is_refused_with_the_reason(text: str, reason: str) -> None:
    assert reason in why(text)


@given(CODES)
def test_every_code_means_itself(code: str) -> None:
    assert parse_hs_code(code) == code
    assert usable(CustomsData(code, "PT")) == CustomsData(code, "PT")


@given(CODES, st.data())
def test_dots_and_blanks_between_pairs_of_digits_say_nothing(code: str, data: st.DataObject) -> None:
    pairs = [code[at : at + 2] for at in range(0, len(code), 2)]
    signs = [data.draw(st.sampled_from(["", ".", " "])) for _ in pairs[1:]]
    written = pairs[0] + "".join(sign + pair for sign, pair in zip(signs, pairs[1:], strict=True))
    try:
        assert parse_hs_code(written) == code
    except BadCustomsError as error:  # one dot with nothing but zeros behind it is a number's as well
        assert "can be read as" in str(error)  # noqa: PT017 - there may be none


@given(CODES.map(lambda code: f"0{max(code[1], '1')}{code[2:]}"))
def test_a_code_that_a_spreadsheet_took_for_a_number_is_never_another_code(code: str) -> None:
    as_numbers = [str(int(code)), f"{int(code)}.0", f"{int(code):.3E}", f"{int(code)},0"]
    as_numbers += [f"{float(f'{code[:at]}.{code[at:]}'):.10g}" for at in range(2, len(code), 2)]
    for damaged in as_numbers:
        with pytest.raises(BadCustomsError):
            parse_hs_code(damaged)


@given(st.text(max_size=30))
def test_whatever_text_there_is_it_is_a_code_or_refused(text: str) -> None:
    try:
        code = parse_hs_code(text)
    except BadCustomsError:
        return
    assert len(code) in HS_LENGTHS
    assert code.isascii()
    assert code.isdigit()


@pytest.mark.parametrize(
    ("text", "code"), [("PT", "PT"), (" pt ", "PT"), ("UK", "GB"), ("el", "GR"), ("'NO", "NO"), ("cn", "CN")]
)
def test_a_country_is_two_letters_in_any_case(text: str, code: str) -> None:
    assert parse_country(text) == code


@pytest.mark.parametrize("text", ["", "P", "PRT", "Portugal", "Deutschland", "P1", "中国"])
def test_a_name_is_refused_with_what_is_wanted(text: str) -> None:
    with pytest.raises(BadCustomsError, match="not a code of two letters, such as PT for Portugal"):
        parse_country(text)


@pytest.mark.parametrize("text", ["XX", "EU", "SU", "ZZ", "XI"])
def test_two_letters_that_no_country_has_are_refused_by_name(text: str) -> None:
    with pytest.raises(BadCustomsError, match=f"{text} is no country code"):
        parse_country(text)


def test_there_are_the_countries_of_the_standard() -> None:
    assert len(COUNTRIES) == 249
    assert all(parse_country(code) == code for code in COUNTRIES)


@pytest.mark.parametrize(
    ("text", "sku"),
    [
        ("MUG=610910,PT", "MUG"), (" MUG = 6109.10 , pt ", "MUG"), ("KNIFE,20CM=610910,PT", "KNIFE,20CM"),
        ("PUZZLE=1000=610910,PT", "PUZZLE=1000"),
    ],
)  # fmt: skip
def test_a_product_with_its_code_and_country(text: str, sku: str) -> None:
    assert parse_customs(text) == (sku, FULL)


@pytest.mark.parametrize("text", ["", "MUG", "MUG=", "MUG=610910", "=610910,PT", "MUG=610910,", "MUG=,PT", "MUG=HS,CC"])
def test_what_is_no_setting_is_refused(text: str) -> None:
    with pytest.raises(BadCustomsError):
        parse_customs(text)


@pytest.mark.parametrize(
    ("data", "needed", "refused", "state"),
    [
        (FULL, True, False, "ok"), (FULL, False, False, "not-needed"), (NO_CUSTOMS, True, False, "missing"),
        (NO_CUSTOMS, False, False, "not-needed"), (CustomsData("610910"), True, False, "missing"),
        (CustomsData(None, "PT"), True, False, "missing"), (CustomsData("6109", "PT"), True, False, "invalid"),
        (CustomsData("610910", "EU"), False, False, "invalid"), (NO_CUSTOMS, True, True, "invalid"),
        (NO_CUSTOMS, False, True, "invalid"), (FULL, True, True, "ok"),
    ],
)  # fmt: skip
def test_how_a_product_stands(data: CustomsData, *, needed: bool, refused: bool, state: str) -> None:
    assert assess_customs(data, is_needed=needed, is_refused=refused) is CustomsState(state)


def test_what_cannot_be_right_does_not_travel() -> None:
    assert usable(CustomsData("6109", "PT")) == CustomsData(None, "PT")
    assert usable(CustomsData("610910", "EU")) == CustomsData("610910", None)
