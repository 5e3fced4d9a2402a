"""Weights: exact conversion, what people type, and what is wrong with a weight."""

from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.core.weights.weights import (
    MOST_GRAMS,
    PARCEL_LIMIT,
    BadWeightError,
    Finding,
    Source,
    SuggestionSource,
    Weights,
    amazon_value,
    assess,
    parse_setting,
    parse_weight,
    spell_grams,
    to_grams,
)
from tests.support.rows import each_row

IN_GRAMS = {
    "grams": Fraction(1),
    "kilograms": Fraction(1000),
    "milligrams": Fraction(1, 1000),
    "pounds": Fraction("453.59237"),
    "ounces": Fraction("28.349523125"),
    "hundredths_pounds": Fraction("4.5359237"),
    "tons": Fraction("907184.74"),
}
VALUES = st.decimals(min_value=0, max_value=10**6, places=6)
PLAUSIBLE = st.integers(min_value=2, max_value=PARCEL_LIMIT)


class TestAmazonsUnits:
    @pytest.mark.parametrize(
        ("value", "unit", "grams"),
        [
            ("0.45", "kilograms", 450),
            ("1.2", "kilograms", 1200),
            ("0.4501", "kilograms", 451),
            ("450", "grams", 450),
            ("449.0000001", "grams", 450),
            ("450000", "milligrams", 450),
            ("1", "pounds", 454),
            ("16", "ounces", 454),
            ("1", "ounces", 29),
            ("100", "hundredths_pounds", 454),
            ("0.01", "tons", 9072),
            ("0", "kilograms", 0),
            ("0.0001", "grams", 1),
            ("-3", "kilograms", 0),
        ],
    )
    def test_a_weight_becomes_whole_grams_and_is_rounded_up(self, value: str, unit: str, grams: int) -> None:
        assert to_grams(Decimal(value), unit) == grams

    def test_what_no_float_holds_is_not_rounded_up_by_a_trillionth(self) -> None:
        """0.1 + 0.2 kg, or 1.1 kg times a thousand, are a gram more as floats."""
        assert ceil(1.1 * 1.1 * 1000) == 1211
        assert to_grams(Decimal("1.1") * Decimal("1.1"), "kilograms") == 1210
        assert to_grams(Decimal("4.35"), "kilograms") == 4350
        assert to_grams(Decimal("2.675"), "kilograms") == 2675

    @given(VALUES, st.sampled_from(sorted(IN_GRAMS)))
    def test_never_less_than_the_weight_and_never_a_whole_gram_more(self, value: Decimal, unit: str) -> None:
        grams, exact = to_grams(value, unit), Fraction(value) * IN_GRAMS[unit]
        assert grams is not None
        assert grams == MOST_GRAMS < exact or exact <= grams < exact + 1

    @pytest.mark.parametrize(
        ("unit", "grams"),
        [
            ("KG", 2000), ("Kilograms", 2000), (" kilogram ", 2000), ("kg.", 2000), ("kgs", 2000),
            ("g", 2), ("GR", 2), ("gram", 2), ("LB", 908), ("lbs", 908), ("Pound", 908), ("OZ", 57), ("ounce", 57),
            ("mg", 1), ("Hundredths Pounds", 10), ("hundredths-pounds", 10),
        ],
    )  # fmt: skip
    def test_units_are_known_in_any_case_and_in_their_short_forms(self, unit: str, grams: int) -> None:
        assert to_grams(2, unit) == grams

    @pytest.mark.parametrize("unit", ["stone", "", "kilometers", "k g", "t", "hundredths", "グラム"])
    def test_a_unit_that_nobody_knows_gives_no_weight(self, unit: str) -> None:
        assert to_grams(Decimal(1), unit) is None

    @pytest.mark.parametrize("value", ["1E+400", "1E+999999999", "9" * 5000, "Infinity", "NaN", "1E+12"])
    def test_a_weight_beyond_all_reckoning_is_cut_and_costs_no_time(self, value: str) -> None:
        assert to_grams(Decimal(value), "kilograms") == MOST_GRAMS

    def test_a_weight_next_to_nothing_is_a_gram(self) -> None:
        assert to_grams(Decimal("1E-999999999"), "tons") == 1

    @given(st.integers(min_value=0, max_value=MOST_GRAMS), st.sampled_from([None, *IN_GRAMS, "stone", "KG"]))
    def test_what_is_written_to_amazon_is_read_back_to_the_gram(self, grams: int, unit: str | None) -> None:
        value, spelled = amazon_value(grams, unit)
        assert to_grams(Decimal(value), spelled) == grams

    @pytest.mark.parametrize(
        ("grams", "unit", "written"),
        [
            (450, None, ("0.45", "kilograms")),
            (1000, "kilograms", ("1", "kilograms")),
            (70_000, "kilograms", ("70", "kilograms")),
            (1, "pounds", ("0.001", "kilograms")),
            (1230, "Grams", ("1230", "grams")),
            (5, "milligrams", ("5000", "milligrams")),
            (450, "stone", ("0.45", "kilograms")),
        ],
    )
    def test_the_unit_that_stands_there_is_kept_where_grams_go_into_it(
        self, grams: int, unit: str | None, written: tuple[str, str]
    ) -> None:
        assert amazon_value(grams, unit) == written

    @pytest.mark.parametrize(
        ("grams", "words"), [(1, "1 g"), (999, "999 g"), (1000, "1 kg"), (1250, "1.25 kg"), (450_000, "450 kg")]
    )
    def test_people_read_grams_below_a_kilogram_and_kilograms_from_there_on(self, grams: int, words: str) -> None:
        assert spell_grams(grams) == words


class TestWhatPeopleType:
    @each_row(
        ("text", "grams"),
        [
            ("0.45kg", 450), ("450 g", 450), ("0,45 kg", 450), ("1 lb", 454), ("1lb", 454), ("16 OZ", 454),
            (".5kg", 500), (",5 kg", 500), ("5.kg", 5000), ("+3g", 3), ("0,450 kg", 450), ("1.250 kg", 1250),
            ("1,250 kg", 1250), ("12.345 lb", 5600), ("450.5g", 451), ("0.1234567 kg", 124), ("000450 g", 450),
            ("0,45\u00a0kg", 450), ("  70kg  ", 70_000), ("1 g", 1), ("2 Kilogramm", 2000), ("450.0000 g", 450),
        ],
    )  # fmt: skip
    def test_a_weight_is_understood_with_point_or_comma(self, text: str, grams: int) -> None:
        assert parse_weight(text) == grams

    @pytest.mark.parametrize(
        "text",
        [
            "1.234,5 kg", "1,234.5 kg", "1 234 g", "1'234 g", "1.234.567 g", "1\u00a0234 g", "1\u202f234 g",
            "1,250 g", "1.250 g", "450.000 g", "1,500 oz",
        ],
    )  # fmt: skip
    def test_signs_between_thousands_are_refused_because_they_can_be_read_in_two_ways(self, text: str) -> None:
        with pytest.raises(BadWeightError, match="read in two ways"):
            parse_weight(text)

    @each_row(
        ("text", "why"),
        [
            ("-5 g", "is negative"), ("- 5 g", "is negative"), ("\u22125 g", "is negative"), ("-0.5kg", "is negative"),
            ("0 kg", "is zero"), ("0,000 g", "is zero"),
            ("0.0004 kg", "is under 1 g"), ("0,99 g", "is under 1 g"),
            ("70.001 kg", "is over 70 kg"), ("70000.1 g", "is over 70 kg"), ("9999999999999999 lb", "is over 70 kg"),
            ("450", "has no unit"), ("0,45", "has no unit"),
            ("5 stone", "has a unit .stone. that is not one of kg, g, lb, oz"), ("5 mg", "that is not one of"),
            ("5 tons", "that is not one of"), ("5 kg kg", "that is not one of"), ("5-kg", "that is not one of"),
            ("5 " + "k" * 30, "has a unit that is not one of"),
            ("", "is not a number"), ("heavy", "is not a number"), ("kg", "is not a number"),
            ("1e3 kg", "is not a number"),
            ("1 lb 4 oz", "is not a number"), ("1..5 kg", "is not a number"), (". kg", "is not a number"),
            ("1,2,3 kg", "is not a number"), ("٤ kg", "is not a number"), ("9" * 61 + "g", "is not a number"),
            ("=1kg", "is not a number"), ("1/2 kg", "is not a number"),
        ],
    )  # fmt: skip
    def test_what_is_no_weight_is_refused_by_name(self, text: str, why: str) -> None:
        with pytest.raises(BadWeightError, match=why):
            parse_weight(text)

    def test_a_unit_beside_it_counts_where_it_has_none_of_its_own(self) -> None:
        assert parse_weight("0,45", "kg") == 450
        assert parse_weight("0,45 kg", "") == 450
        assert parse_weight("0,45 kg", "g") == 450
        with pytest.raises(BadWeightError, match="has no unit"):
            parse_weight("0,45", " ")

    @given(st.text(max_size=80), st.text(max_size=10))
    def test_whatever_is_typed_is_a_parcels_weight_or_refused(self, text: str, unit: str) -> None:
        with suppress(BadWeightError):
            assert 1 <= parse_weight(text, unit) <= PARCEL_LIMIT

    @given(
        st.integers(min_value=1, max_value=70),
        st.integers(min_value=0, max_value=999),
        st.sampled_from([".", ","]),
        st.sampled_from(["kg", " kg", "KG"]),
    )
    def test_kilograms_with_three_decimals_are_grams(self, whole: int, rest: int, sign: str, unit: str) -> None:
        grams = whole * 1000 + rest
        if grams <= PARCEL_LIMIT:
            assert parse_weight(f"{whole}{sign}{rest:03}{unit}") == grams

    @pytest.mark.parametrize(
        ("text", "setting"),
        [
            ("MUG+GRN=0.45kg", ("MUG+GRN", 450)),
            ("PUZZLE?=1000=850g", ("PUZZLE?=1000", 850)),
            ("KNIFE,20CM= 0,3 kg", ("KNIFE,20CM", 300)),
            (" LAMP 100% =1lb", ("LAMP 100%", 454)),
        ],
    )
    def test_a_setting_is_a_sku_and_a_weight_apart_by_the_last_equals_sign(
        self, text: str, setting: tuple[str, int]
    ) -> None:
        assert parse_setting(text) == setting

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("MUG", "not of the form"),
            ("=1kg", "not of the form"),
            ("  =1kg", "not of the form"),
            ("MUG=", "is not a number"),
            ("MUG=heavy", "is not a number"),
            ("PUZZLE?=1000", "has no unit"),
        ],
    )
    def test_a_setting_that_is_none_is_refused(self, text: str, why: str) -> None:
        with pytest.raises(BadWeightError, match=why):
            parse_setting(text)


def finding(weights: Weights, *siblings: int, default: int | None = None) -> Finding:
    return assess(weights, default=default, siblings=siblings).finding


class TestWhatCounts:
    def test_local_shipping_package_and_default_count_in_that_order(self) -> None:
        chain = [
            (Weights(local=11, shipping=22, package=33), (Source.LOCAL, 11)),
            (Weights(shipping=22, package=33), (Source.SHIPPING, 22)),
            (Weights(package=33), (Source.PACKAGE, 33)),
            (Weights(), (Source.DEFAULT, 44)),
        ]
        for weights, first in chain:
            verdict = assess(weights, default=44)
            assert (verdict.source, verdict.weight_grams) == first
            assert verdict.finding is Finding.OK

    def test_a_weight_of_its_own_needs_no_words(self) -> None:
        assert assess(Weights(shipping=500, package=450, item=400), default=None).reason == ""

    def test_the_catalogue_and_the_bare_item_are_suggestions_and_never_count(self) -> None:
        verdict = assess(Weights(item=400, catalogue=450), default=None)
        assert (verdict.weight_grams, verdict.source, verdict.finding) == (None, None, Finding.MISSING)
        assert (verdict.suggestion_grams, verdict.suggestion_source) == (450, SuggestionSource.CATALOGUE)
        bare = assess(Weights(item=400), default=None)
        assert (bare.weight_grams, bare.suggestion_grams) == (None, 400)
        assert bare.suggestion_source is SuggestionSource.ITEM

    def test_with_a_default_nothing_is_missing_and_what_is_better_is_still_suggested(self) -> None:
        verdict = assess(Weights(catalogue=450), default=500)
        assert (verdict.weight_grams, verdict.source, verdict.finding) == (500, Source.DEFAULT, Finding.OK)
        assert verdict.suggestion_grams == 450
        assert verdict.reason == "No weight is set here, and its listing has none. The store's default, 500 g, counts."

    def test_without_anything_it_is_missing(self) -> None:
        verdict = assess(Weights(), default=None)
        assert (verdict.finding, verdict.weight_grams, verdict.suggestion_grams) == (Finding.MISSING, None, None)
        assert verdict.reason == "No weight is set here, and its listing has none."

    def test_a_unit_that_nobody_knows_is_named(self) -> None:
        verdict = assess(Weights(unknown_unit="stone"), default=None)
        assert verdict.finding is Finding.MISSING
        assert verdict.reason == "A weight at Amazon is in a unit that is not known (stone)."

    def test_it_is_not_named_where_another_weight_counts(self) -> None:
        assert assess(Weights(unknown_unit="stone", package=450), default=None).reason == ""

    def test_what_the_merchant_set_here_is_the_last_word(self) -> None:
        nonsense = Weights(local=300, shipping=450_000, package=0, item=400)
        verdict = assess(nonsense, default=500, siblings=(300_000,))
        assert (verdict.weight_grams, verdict.source) == (300, Source.LOCAL)
        assert (verdict.finding, verdict.reason, verdict.suggestion_grams) == (Finding.OK, "", None)

    def test_only_the_limit_stands_above_it(self) -> None:
        verdict = assess(Weights(local=70_001, package=450), default=None)
        assert (verdict.weight_grams, verdict.source, verdict.finding) == (450, Source.PACKAGE, Finding.IMPLAUSIBLE)


class TestZero:
    def test_a_zero_is_a_finding_where_nothing_else_counts(self) -> None:
        verdict = assess(Weights(package=0, catalogue=450), default=None)
        assert (verdict.finding, verdict.weight_grams, verdict.source) == (Finding.ZERO, None, None)
        assert verdict.found_grams == 0
        assert verdict.suggestion_grams == 450
        assert verdict.reason == "The package weight at Amazon is zero."

    def test_a_zero_before_a_weight_is_as_if_nothing_stood_there(self) -> None:
        verdict = assess(Weights(shipping=0, package=450), default=None)
        assert (verdict.finding, verdict.weight_grams, verdict.source) == (Finding.OK, 450, Source.PACKAGE)
        assert verdict.reason == ("The shipping weight at Amazon is zero. The package weight at Amazon, 450 g, counts.")

    def test_a_default_stands_in_for_a_zero_as_for_nothing(self) -> None:
        verdict = assess(Weights(package=0), default=500)
        assert (verdict.finding, verdict.weight_grams, verdict.source) == (Finding.OK, 500, Source.DEFAULT)


class TestImplausible:
    @pytest.mark.parametrize(
        ("grams", "found"),
        [
            (1, Finding.IMPLAUSIBLE),
            (2, Finding.OK),
            (PARCEL_LIMIT, Finding.OK),
            (PARCEL_LIMIT + 1, Finding.IMPLAUSIBLE),
            (MOST_GRAMS, Finding.IMPLAUSIBLE),
        ],
    )
    def test_a_parcel_weighs_more_than_a_gram_and_no_more_than_the_limit(self, grams: int, found: Finding) -> None:
        assert finding(Weights(shipping=grams)) is found
        assert finding(Weights(package=grams)) is found

    def test_what_is_under_a_gram_at_amazon_is_implausible(self) -> None:
        assert finding(Weights(package=to_grams(Decimal("0.45"), "grams"))) is Finding.IMPLAUSIBLE

    def test_a_package_is_no_lighter_than_what_is_in_it(self) -> None:
        verdict = assess(Weights(package=399, item=400), default=None)
        assert verdict.finding is Finding.IMPLAUSIBLE
        assert verdict.reason == (
            "The package weight at Amazon is 399 g, less than the item itself, which weighs 400 g."
        )
        assert finding(Weights(package=400, item=400)) is Finding.OK

    def test_an_item_that_cannot_be_right_itself_refutes_nothing(self) -> None:
        assert finding(Weights(package=450, item=400_000)) is Finding.OK
        assert finding(Weights(package=20, item=18_000), 20, 21) is Finding.OK

    def test_a_thousandfold_of_the_siblings_is_a_slip_of_the_unit(self) -> None:
        verdict = assess(Weights(package=20_000), default=None, siblings=(20, 22, 25))
        assert verdict.finding is Finding.IMPLAUSIBLE
        assert verdict.weight_grams is None
        assert verdict.reason == (
            "The package weight at Amazon is 20 kg, about a thousandfold of what its variations weigh (22 g): "
            "grams were probably entered as kilograms."
        )
        assert (verdict.suggestion_grams, verdict.suggestion_source) == (20, SuggestionSource.UNIT_SLIP)

    def test_a_thousandth_of_the_siblings_is_one_too(self) -> None:
        verdict = assess(Weights(package=12), default=None, siblings=(12_000, 14_000))
        assert verdict.finding is Finding.IMPLAUSIBLE
        assert "kilograms were probably entered as grams" in verdict.reason

    def test_siblings_of_other_sizes_are_no_slip(self) -> None:
        assert finding(Weights(package=10_000), 50, 100, 250) is Finding.OK
        assert finding(Weights(package=50), 10_000, 12_000) is Finding.OK

    def test_one_slip_among_the_siblings_does_not_make_the_others_implausible(self) -> None:
        for siblings in [(450_000, 440, 460), (450_000,), (1, 440), (20_000, 440, 460)]:
            assert finding(Weights(package=450), *siblings) is Finding.OK

    def test_another_weight_that_can_be_right_counts_and_the_listing_still_needs_a_look(self) -> None:
        verdict = assess(Weights(shipping=450_000, package=450), default=None)
        assert (verdict.weight_grams, verdict.source, verdict.finding) == (450, Source.PACKAGE, Finding.IMPLAUSIBLE)
        assert (verdict.suggestion_grams, verdict.suggestion_source) == (450, SuggestionSource.PACKAGE)
        assert verdict.found_grams == 450_000

    def test_the_default_counts_in_its_place_and_it_is_still_the_finding(self) -> None:
        verdict = assess(Weights(package=450_000), default=500)
        assert (verdict.weight_grams, verdict.source, verdict.finding) == (500, Source.DEFAULT, Finding.IMPLAUSIBLE)

    def test_it_outdoes_a_zero(self) -> None:
        verdict = assess(Weights(shipping=0, package=450_000), default=None)
        assert (verdict.finding, verdict.found_grams) == (Finding.IMPLAUSIBLE, 450_000)
        assert verdict.reason.startswith("The shipping weight at Amazon is zero. The package weight")

    @pytest.mark.parametrize(
        ("weights", "siblings", "suggestion"),
        [
            (Weights(package=450_000, item=400), (), (450, SuggestionSource.UNIT_SLIP)),
            (Weights(package=450_000), (440, 460), (450, SuggestionSource.UNIT_SLIP)),
            (Weights(package=450_000, item=400, catalogue=455), (), (455, SuggestionSource.CATALOGUE)),
            (Weights(package=450_000, catalogue=450_000, item=400), (), (450, SuggestionSource.UNIT_SLIP)),
            (Weights(package=450_000, catalogue=390, item=400), (), (450, SuggestionSource.UNIT_SLIP)),
            (Weights(package=80_000, item=60_000), (), (60_000, SuggestionSource.ITEM)),
            (Weights(package=80_000), (), (None, None)),
            (Weights(package=399_999, item=400), (), (400, SuggestionSource.UNIT_SLIP)),
            (Weights(package=390_000, item=400), (), (400, SuggestionSource.ITEM)),
            (Weights(package=0, item=0), (), (None, None)),
            (Weights(catalogue=0, item=1), (), (None, None)),
        ],
    )
    def test_what_is_suggested_is_borne_out_by_something(
        self, weights: Weights, siblings: tuple[int, ...], suggestion: tuple[int | None, SuggestionSource | None]
    ) -> None:
        verdict = assess(weights, default=None, siblings=siblings)
        assert (verdict.suggestion_grams, verdict.suggestion_source) == suggestion


NUMBERS = st.none() | st.integers(min_value=0, max_value=3) | PLAUSIBLE | st.integers(0, MOST_GRAMS)
ALL_WEIGHTS = st.builds(
    Weights,
    local=NUMBERS,
    shipping=NUMBERS,
    package=NUMBERS,
    item=NUMBERS,
    catalogue=NUMBERS,
    unknown_unit=st.none() | st.just("stone"),
)
DEFAULTS = st.none() | PLAUSIBLE
SIBLINGS = st.lists(st.integers(0, MOST_GRAMS) | PLAUSIBLE, max_size=5)


class TestAlways:
    @given(ALL_WEIGHTS, DEFAULTS, SIBLINGS)
    def test_what_counts_stands_where_it_is_said_to_and_can_be_sent(
        self, weights: Weights, default: int | None, siblings: list[int]
    ) -> None:
        verdict = assess(weights, default=default, siblings=siblings)
        assert (verdict.weight_grams is None) == (verdict.source is None)
        if verdict.source is not None:
            places = {
                Source.LOCAL: weights.local,
                Source.SHIPPING: weights.shipping,
                Source.PACKAGE: weights.package,
                Source.DEFAULT: default,
            }
            assert verdict.weight_grams == places[verdict.source]
            assert 1 <= (verdict.weight_grams or 0) <= PARCEL_LIMIT

    @given(ALL_WEIGHTS, DEFAULTS, SIBLINGS)
    def test_nothing_is_wrong_without_a_reason_and_nothing_counts_where_it_is_missing(
        self, weights: Weights, default: int | None, siblings: list[int]
    ) -> None:
        verdict = assess(weights, default=default, siblings=siblings)
        if verdict.finding is not Finding.OK:
            assert verdict.reason.endswith(".")
        if verdict.finding is Finding.OK:
            assert verdict.weight_grams is not None
        if verdict.finding in (Finding.MISSING, Finding.ZERO):
            assert verdict.weight_grams is None
        assert (verdict.finding is Finding.MISSING) <= (verdict.found_grams is None)

    @given(ALL_WEIGHTS, DEFAULTS, SIBLINGS)
    def test_a_suggestion_can_be_accepted_and_then_nothing_is_wrong(
        self, weights: Weights, default: int | None, siblings: list[int]
    ) -> None:
        verdict = assess(weights, default=default, siblings=siblings)
        assert (verdict.suggestion_grams is None) == (verdict.suggestion_source is None)
        if verdict.suggestion_grams is not None:
            accepted = assess(Weights(local=verdict.suggestion_grams), default=default, siblings=siblings)
            assert (accepted.finding, accepted.weight_grams) == (Finding.OK, verdict.suggestion_grams)

    @given(ALL_WEIGHTS, DEFAULTS, SIBLINGS)
    def test_the_order_of_the_siblings_does_not_matter(
        self, weights: Weights, default: int | None, siblings: list[int]
    ) -> None:
        forth = assess(weights, default=default, siblings=siblings)
        assert assess(weights, default=default, siblings=siblings[::-1]) == forth
