"""The vault: who may read what, and that nobody can once a day is purged."""

import base64
import contextlib
import json
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from amzlink.core.privacy.sealed_data import Box
from amzlink.problems import Exit, Problem, ProblemName
from amzlink.vault import Chain, Vault
from tests.support.problems import texts_of
from tests.support.vault_machine import expand

STORE = "my-shop"
ORDER = "302-1234567-1234567"
DATA = "Žofie Nováková, Dlouhá 12".encode()
NOV_23 = date(2026, 11, 23)
DEC_5 = date(2026, 12, 5)


@dataclass
class Place:
    """The keyring's entry; `history` holds every text that it ever held."""

    text: str | None = None
    refusing: bool = False
    history: list[str] = field(default_factory=list)

    def load(self) -> str | None:
        return self.text

    def save(self, text: str) -> None:
        if self.refusing:
            raise Problem(ProblemName.KEYRING_UNAVAILABLE, detail="it is full")
        self.text = text
        self.history.append(text)

    def alone(self) -> contextlib.nullcontext[None]:
        return contextlib.nullcontext()


@dataclass
class Locking(Place):
    """A keyring that locks itself after so many calls."""

    calls_left: int | None = None

    def load(self) -> str | None:
        self._answer()
        return super().load()

    def save(self, text: str) -> None:
        self._answer()
        super().save(text)

    def unlock(self) -> None:
        self.calls_left = None

    def _answer(self) -> None:
        if self.calls_left == 0:
            raise Problem(ProblemName.KEYRING_LOCKED, detail="it was not unlocked")
        if self.calls_left:
            self.calls_left -= 1


class Forgetful(Place):
    """A keyring that takes a new text and goes on giving the old one."""

    def save(self, text: str) -> None:
        pass


@dataclass(frozen=True)
class Book:
    """What the order book tells of the vault."""

    floor: date | None = None
    chain_ids: Mapping[str, str] = field(default_factory=dict)


def vault_in(place: Place, book: Book | None = None, store: str = STORE) -> Vault:
    return Vault(store, place, book or Book())


def moved_on(place: Place, floor: date) -> Vault:
    """The vault as a purge leaves it that stopped after it had noted the floor in the book."""
    return vault_in(place, Book(floor, vault_in(place).chain_ids))


def stored(place: Place) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(place.text or "{}")
    return found


def keys_with(month: str = "2026-12", **fields: str) -> str:
    """What the keyring would hold of one chain, but for these fields."""
    chain = {"id": "x", "day": "2026-12-01", "key": base64.b64encode(bytes(32)).decode(), **fields}
    return json.dumps({"chains": {month: chain}})


def is_missing(error: pytest.ExceptionInfo[Problem]) -> bool:
    return error.value.name.value == "vault-key-missing"


class TestSealingAndOpening:
    @given(st.binary(max_size=2000), st.dates(date(2026, 1, 1), date(2027, 12, 31)))
    @settings(deadline=None)
    def test_what_was_sealed_can_be_opened(self, data: bytes, lease_day: date) -> None:
        vault = vault_in(Place())
        assert vault.open(ORDER, vault.seal(ORDER, data, lease_day)) == data

    def test_what_was_sealed_can_be_opened_by_the_next_process(self) -> None:
        place = Place()
        vault = vault_in(place)
        box = vault.seal(ORDER, DATA, DEC_5)
        assert vault_in(place, Book(None, vault.chain_ids)).open(ORDER, box) == DATA

    def test_a_box_holds_nothing_of_its_data_in_the_clear(self) -> None:
        box = vault_in(Place()).seal(ORDER, DATA, DEC_5)
        assert not any(DATA[at : at + 4] in box.data for at in range(len(DATA) - 3))

    def test_the_same_data_sealed_twice_looks_different(self) -> None:
        vault = vault_in(Place())
        assert vault.seal(ORDER, DATA, DEC_5).data != vault.seal(ORDER, DATA, DEC_5).data

    def test_another_orders_box_does_not_open(self) -> None:
        vault = vault_in(Place())
        box = vault.seal(ORDER, DATA, DEC_5)
        with pytest.raises(Problem) as error:
            vault.open("302-7654321-7654321", box)
        assert is_missing(error)

    def test_another_stores_box_does_not_open_even_with_its_keys(self) -> None:
        place = Place()
        box = vault_in(place).seal(ORDER, DATA, DEC_5)
        with pytest.raises(Problem) as error:
            vault_in(place, store="my-other-shop").open(ORDER, box)
        assert is_missing(error)

    def test_store_and_order_are_told_apart_where_they_join(self) -> None:
        place = Place()
        box = vault_in(place, store="a").seal("b-302", DATA, DEC_5)
        with pytest.raises(Problem):
            vault_in(place, store="a-b").open("302", box)

    def test_a_box_does_not_open_as_one_of_another_day(self) -> None:
        """Who can write to the book cannot lengthen a lease."""
        vault = vault_in(Place())
        box = vault.seal(ORDER, DATA, DEC_5)
        with pytest.raises(Problem) as error:
            vault.open(ORDER, msgspec.structs.replace(box, lease_day=DEC_5 + timedelta(days=1)))
        assert is_missing(error)

    @given(st.data())
    @settings(deadline=None)
    def test_a_box_that_was_damaged_does_not_open(self, data: st.DataObject) -> None:
        vault = vault_in(Place())
        box = vault.seal(ORDER, DATA, DEC_5)
        damaged = bytearray(box.data[: data.draw(st.integers(0, len(box.data)), label="length")])
        for at in data.draw(st.sets(st.integers(0, len(box.data) - 1), max_size=3), label="flipped"):
            if at < len(damaged):
                damaged[at] ^= 1
        if bytes(damaged) == box.data:
            return
        with pytest.raises(Problem) as error:
            vault.open(ORDER, msgspec.structs.replace(box, data=bytes(damaged)))
        assert is_missing(error)

    def test_a_box_of_an_unknown_chain_does_not_open(self) -> None:
        vault = vault_in(Place())
        box = vault.seal(ORDER, DATA, DEC_5)
        with pytest.raises(Problem) as error:
            vault.open(ORDER, msgspec.structs.replace(box, chain_id="another"))
        assert is_missing(error)

    def test_a_box_of_a_month_without_a_chain_does_not_open(self) -> None:
        vault = vault_in(Place())
        with pytest.raises(Problem) as error:
            vault.open(ORDER, Box(DEC_5, "none", b"x" * 40))
        assert is_missing(error)
        assert "2026-12-05" in error.value.summary


class TestChains:
    def test_a_new_random_chain_begins_each_month(self) -> None:
        place = Place()
        vault = vault_in(place)
        for lease_day in (NOV_23, date(2026, 11, 30), DEC_5, date(2027, 1, 1)):
            vault.seal(ORDER, DATA, lease_day)
        assert list(vault.chain_ids) == ["2026-11", "2026-12", "2027-01"]
        chains = stored(place)["chains"].values()
        assert len({chain["id"] for chain in chains}) == len({chain["key"] for chain in chains}) == 3
        assert len(place.history) == 3

    def test_no_two_stores_and_no_two_homes_have_a_chain_in_common(self) -> None:
        places = [Place() for _ in range(5)]
        for place in places:
            vault_in(place).seal(ORDER, DATA, DEC_5)
        assert len({stored(place)["chains"]["2026-12"]["key"] for place in places}) == 5

    def test_a_months_key_does_not_lead_to_the_next_months(self) -> None:
        place = Place()
        vault = vault_in(place)
        vault.seal(ORDER, DATA, NOV_23)
        vault.seal(ORDER, DATA, DEC_5)
        chains = stored(place)["chains"]
        november = base64.b64decode(chains["2026-11"]["key"])
        december = base64.b64decode(chains["2026-12"]["key"])
        assert december not in [expand(november, days) for days in range(40)]

    def test_before_anything_is_purged_a_chain_is_held_from_the_first_of_its_month(self) -> None:
        place = Place()
        vault_in(place).seal(ORDER, DATA, NOV_23)
        assert stored(place)["chains"]["2026-11"]["day"] == "2026-11-01"

    def test_a_chain_that_begins_after_a_purge_is_held_from_the_first_living_day(self) -> None:
        place = Place()
        vault = vault_in(place, Book(floor=NOV_23))
        vault.seal(ORDER, DATA, NOV_23)
        vault.seal(ORDER, DATA, DEC_5)
        chains = stored(place)["chains"]
        assert (chains["2026-11"]["day"], chains["2026-12"]["day"]) == ("2026-11-23", "2026-12-01")

    def test_the_key_of_a_day_follows_from_that_of_the_day_before(self) -> None:
        place = Place()
        vault_in(place).seal(ORDER, DATA, NOV_23)
        first = base64.b64decode(stored(place)["chains"]["2026-11"]["key"])
        moved_on(place, NOV_23)
        later = base64.b64decode(stored(place)["chains"]["2026-11"]["key"])
        assert later == expand(first, 22)

    def test_a_box_and_a_key_of_the_first_version_fit_each_other_for_ever(self) -> None:
        """What is written to keyring and book, byte by byte: another version has to be able to read it."""
        key, nonce = bytes(range(32)), bytes(12)
        chain = {"id": "0011223344556677", "day": "2026-12-01", "key": base64.b64encode(key).decode()}
        place = Place(json.dumps({"floor": "2026-11-23", "chains": {"2026-12": chain}}))
        sealed = AESGCM(expand(key, 4)).encrypt(nonce, DATA, f"{STORE}\0{ORDER}".encode())
        vault = vault_in(place, Book(NOV_23, {"2026-12": "0011223344556677"}))
        assert vault.open(ORDER, Box(DEC_5, "0011223344556677", nonce + sealed)) == DATA
        assert vault.floor == NOV_23
        assert place.history == []


class TestMovingOn:
    def test_what_the_keyring_holds_then_opens_no_earlier_day(self) -> None:
        place = Place()
        vault = vault_in(place)
        before, last = vault.seal(ORDER, DATA, NOV_23), vault.seal(ORDER, DATA, NOV_23 + timedelta(days=1))
        moved_on(place, NOV_23 + timedelta(days=1))
        fresh = vault_in(Place(place.text))
        with pytest.raises(Problem) as error:
            fresh.open(ORDER, before)
        assert is_missing(error)
        assert fresh.open(ORDER, last) == DATA

    def test_no_key_derived_from_what_it_holds_then_fits_an_earlier_day(self) -> None:
        """The vault refuses such a day anyhow; this asks the mathematics."""
        place = Place()
        box = vault_in(place).seal(ORDER, DATA, NOV_23)
        first = base64.b64decode(stored(place)["chains"]["2026-11"]["key"])
        bound_to = f"{STORE}\0{ORDER}".encode()
        assert AESGCM(expand(first, 22)).decrypt(box.data[:12], box.data[12:], bound_to) == DATA
        moved_on(place, NOV_23 + timedelta(days=1))
        held = base64.b64decode(stored(place)["chains"]["2026-11"]["key"])
        for days in range(40):
            with pytest.raises(InvalidTag):
                AESGCM(expand(held, days)).decrypt(box.data[:12], box.data[12:], bound_to)

    def test_later_days_stay_readable(self) -> None:
        place = Place()
        vault = vault_in(place)
        boxes = [vault.seal(ORDER, DATA, NOV_23 + timedelta(days=ahead)) for ahead in range(20)]
        later = moved_on(place, NOV_23)
        assert [later.open(ORDER, box) for box in boxes] == [DATA] * 20

    def test_a_month_that_is_over_leaves_nothing_in_the_keyring(self) -> None:
        place = Place()
        vault = vault_in(place)
        vault.seal(ORDER, DATA, NOV_23)
        vault.seal(ORDER, DATA, DEC_5)
        assert list(moved_on(place, date(2026, 12, 1)).chain_ids) == ["2026-12"]
        assert list(stored(place)["chains"]) == ["2026-12"]

    def test_the_last_day_of_a_month_is_not_over_yet(self) -> None:
        place = Place()
        box = vault_in(place).seal(ORDER, DATA, date(2026, 11, 30))
        assert moved_on(place, date(2026, 11, 30)).open(ORDER, box) == DATA

    def test_nothing_is_sealed_for_a_day_that_has_been_purged(self) -> None:
        vault = vault_in(Place(), Book(floor=NOV_23))
        with pytest.raises(ValueError, match="2026-11-22"):
            vault.seal(ORDER, DATA, NOV_23 - timedelta(days=1))

    def test_a_keyring_behind_the_book_is_moved_up_when_the_vault_is_opened(self) -> None:
        place = Place()
        vault_in(place).seal(ORDER, DATA, NOV_23)
        vault = moved_on(place, NOV_23)
        assert vault.floor == NOV_23
        assert stored(place)["floor"] == "2026-11-23"
        assert stored(place)["chains"]["2026-11"]["day"] == "2026-11-23"

    def test_a_book_behind_the_keyring_follows_the_keyring(self) -> None:
        place = Place()
        older = vault_in(place).seal(ORDER, DATA, NOV_23 - timedelta(days=1))
        ids = moved_on(place, NOV_23).chain_ids
        saved = len(place.history)
        vault = vault_in(place, Book(date(2026, 11, 1), ids))
        assert vault.floor == NOV_23
        assert len(place.history) == saved
        with pytest.raises(ValueError, match="purged"):
            vault.seal(ORDER, DATA, NOV_23 - timedelta(days=1))
        with pytest.raises(Problem) as error:
            vault.open(ORDER, older)
        assert is_missing(error)

    def test_where_both_are_at_the_same_day_nothing_is_written(self) -> None:
        place = Place()
        vault_in(place).seal(ORDER, DATA, DEC_5)
        ids = moved_on(place, NOV_23).chain_ids
        saved = len(place.history)
        vault_in(place, Book(NOV_23, ids))
        vault_in(place, Book(NOV_23, ids))
        assert len(place.history) == saved

    def test_a_keyring_that_cannot_be_moved_up_keeps_the_vault_shut(self) -> None:
        place = Place()
        vault_in(place).seal(ORDER, DATA, NOV_23)
        place.refusing, before = True, place.text
        with pytest.raises(Problem) as error:
            moved_on(place, NOV_23)
        assert error.value.name.value == "keyring-unavailable"
        assert place.text == before


class TestKeysThatAreNotHere:
    def test_boxes_without_any_keyring_are_told_with_the_way_out(self) -> None:
        with pytest.raises(Problem) as error:
            vault_in(Place(), Book(None, {"2026-12": "chain"}))
        assert is_missing(error)
        assert error.value.exit_code is Exit.CONFIGURATION
        assert "2026-12" in error.value.summary
        assert STORE in error.value.summary

    def test_an_old_keyring_does_not_fit_a_new_book(self) -> None:
        place = Place()
        vault = vault_in(place)
        vault.seal(ORDER, DATA, NOV_23)
        backup = place.text
        vault.seal(ORDER, DATA, DEC_5)
        with pytest.raises(Problem) as error:
            vault_in(Place(backup), Book(None, vault.chain_ids))
        assert is_missing(error)

    def test_an_old_keyring_that_is_refused_opens_no_purged_day_of_a_backup_any_more(self) -> None:
        """What can be destroyed safely is destroyed before the refusal."""
        place = Place()
        vault = vault_in(place)
        purged, kept = vault.seal(ORDER, DATA, NOV_23), vault.seal(ORDER, DATA, NOV_23 + timedelta(days=2))
        october = vault.seal(ORDER, DATA, date(2026, 10, 20))
        backup = Place(place.text)
        vault.seal(ORDER, DATA, DEC_5)
        new_book = Book(NOV_23 + timedelta(days=1), vault.chain_ids)
        assert all(vault_in(Place(backup.text)).reaches(ORDER, box) for box in (purged, october))
        with pytest.raises(Problem) as error:
            vault_in(backup, new_book)
        assert is_missing(error)
        left = vault_in(Place(backup.text))
        assert not left.reaches(ORDER, purged)
        assert not left.reaches(ORDER, october)
        assert left.open(ORDER, kept) == DATA
        saved = len(backup.history)
        with pytest.raises(Problem):
            vault_in(backup, new_book)
        assert len(backup.history) == saved, "it is refused again, and there is nothing left to destroy"

    def test_a_book_destroys_no_key_of_another_books_chain(self) -> None:
        place = Place()
        box = vault_in(place).seal(ORDER, DATA, NOV_23)
        with pytest.raises(Problem):
            vault_in(place, Book(DEC_5, {"2026-11": "another", "2026-12": "missing"}))
        assert vault_in(place).open(ORDER, box) == DATA

    def test_an_old_keyring_that_still_has_all_chains_is_moved_up_instead(self) -> None:
        place = Place()
        vault = vault_in(place)
        box = vault.seal(ORDER, DATA, DEC_5)
        backup = Place(place.text)
        moved_on(place, NOV_23)
        restored = vault_in(backup, Book(NOV_23, vault.chain_ids))
        assert restored.open(ORDER, box) == DATA
        assert backup.text == place.text

    def test_an_old_book_fits_a_new_keyring_as_far_as_it_has_not_been_purged(self) -> None:
        place = Place()
        vault = vault_in(place)
        old_box, book_of_then = vault.seal(ORDER, DATA, NOV_23), vault.chain_ids
        box = vault.seal(ORDER, DATA, DEC_5)
        moved_on(place, date(2026, 12, 1))
        restored = vault_in(place, Book(None, book_of_then))
        assert restored.open(ORDER, box) == DATA
        with pytest.raises(Problem):
            restored.open(ORDER, old_box)

    def test_the_keyring_of_another_store_does_not_fit(self) -> None:
        here, there = Place(), Place()
        ours = vault_in(here)
        ours.seal(ORDER, DATA, DEC_5)
        vault_in(there, store="my-other-shop").seal(ORDER, DATA, DEC_5)
        with pytest.raises(Problem) as error:
            vault_in(there, Book(None, ours.chain_ids))
        assert is_missing(error)

    def test_the_keyring_of_another_store_is_not_moved_on_to_our_floor(self) -> None:
        """It would lose what the other store still needs."""
        here, there = Place(), Place()
        ours = vault_in(here)
        ours.seal(ORDER, DATA, DEC_5)
        theirs = vault_in(there, store="my-other-shop")
        box = theirs.seal(ORDER, DATA, NOV_23)
        before = there.text
        with pytest.raises(Problem) as error:
            vault_in(there, Book(date(2026, 12, 1), ours.chain_ids))
        assert is_missing(error)
        assert there.text == before
        assert vault_in(there, store="my-other-shop").open(ORDER, box) == DATA

    def test_a_lost_key_to_what_has_all_been_purged_is_no_loss(self) -> None:
        vault = vault_in(Place(), Book(date(2026, 12, 1), {"2026-10": "a", "2026-11": "b"}))
        box = vault.seal(ORDER, DATA, DEC_5)
        assert vault.open(ORDER, box) == DATA

    def test_a_lost_key_is_not_replaced_over_sealed_rows(self) -> None:
        place = Place()
        with pytest.raises(Problem):
            vault_in(place, Book(NOV_23, {"2026-11": "chain"}))
        assert place.text is None

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "not JSON",
            "[]",
            '{"floor": 7}',
            '{"chains": {"2026-12": {"id": "x"}}}',
            keys_with(key="no base64!"),
            keys_with(key="ключ"),
            keys_with(key="AAAA"),
            keys_with(day="2026-11-01"),
            keys_with("soon"),
            "null",
            '{"floor": "2026-02-30"}',
            keys_with(day="2026-12-32"),
            keys_with(key=base64.b64encode(bytes(33)).decode()),
            keys_with()[:-1],
            keys_with() * 2,
        ],
    )
    def test_what_is_no_vault_key_is_told_as_one_that_is_missing_and_left_as_it_is(self, text: str) -> None:
        place = Place(text)
        with pytest.raises(Problem) as error:
            vault_in(place, Book(NOV_23))
        assert is_missing(error)
        assert "not a vault key" in error.value.summary
        assert place.text == text

    def test_a_key_with_one_character_changed_opens_nothing_and_says_so(self) -> None:
        place = Place()
        vault = vault_in(place)
        box = vault.seal(ORDER, DATA, DEC_5)
        key = stored(place)["chains"]["2026-12"]["key"]
        changed = key.translate({ord(key[5]): "A" if key[5] != "A" else "B"})
        damaged = vault_in(Place((place.text or "").replace(key, changed)), Book(None, vault.chain_ids))
        assert not damaged.reaches(ORDER, box)
        with pytest.raises(Problem) as error:
            damaged.open(ORDER, box)
        assert is_missing(error)

    def test_the_form_that_these_were_made_from_is_a_vault_key(self) -> None:
        assert vault_in(Place(keys_with()), Book(NOV_23)).chain_ids == {"2026-12": "x"}

    def test_a_byte_order_mark_that_an_editor_has_put_before_it_makes_no_other_key_of_it(self) -> None:
        assert vault_in(Place("\ufeff" + keys_with()), Book(NOV_23)).chain_ids == {"2026-12": "x"}

    @given(st.text())
    @settings(deadline=None)
    def test_whatever_the_keyring_holds_no_other_error_comes_of_it(self, text: str) -> None:
        with pytest.raises(Problem) as error:
            vault_in(Place(text), Book(NOV_23, {"2026-12": "chain"}))
        assert is_missing(error)


class TestAKeyringThatFails:
    def test_nothing_is_sealed_under_a_key_that_was_not_saved(self) -> None:
        place = Place(refusing=True)
        vault = vault_in(place)
        with pytest.raises(Problem) as error:
            vault.seal(ORDER, DATA, DEC_5)
        assert error.value.name.value == "keyring-unavailable"
        assert vault.chain_ids == {}
        with pytest.raises(Problem):
            vault.seal(ORDER, DATA, DEC_5)

    def test_once_it_works_again_the_next_sealing_saves_its_key(self) -> None:
        place = Place(refusing=True)
        vault = vault_in(place)
        with pytest.raises(Problem):
            vault.seal(ORDER, DATA, DEC_5)
        place.refusing = False
        box = vault.seal(ORDER, DATA, DEC_5)
        assert vault_in(place, Book(None, vault.chain_ids)).open(ORDER, box) == DATA

    def test_a_month_whose_key_was_saved_before_can_still_be_sealed(self) -> None:
        place = Place()
        vault = vault_in(place)
        vault.seal(ORDER, DATA, DEC_5)
        place.refusing = True
        box = vault.seal(ORDER, DATA, DEC_5 + timedelta(days=1))
        assert vault_in(place).open(ORDER, box) == DATA


class TestAKeyringThatChangesInTheMiddle:
    @pytest.mark.parametrize("answers", range(4))
    def test_one_that_locks_itself_while_the_keys_move_on_holds_the_old_ones_or_the_new_and_the_next_run_does_the_rest(
        self, answers: int
    ) -> None:
        place = Locking()
        vault = vault_in(place)
        gone, stays = vault.seal(ORDER, DATA, NOV_23 - timedelta(days=1)), vault.seal(ORDER, DATA, NOV_23)
        book, before = Book(NOV_23, vault.chain_ids), place.text
        place.calls_left = answers
        with pytest.raises(Problem) as error:
            vault_in(place, book)
        assert error.value.name.value == "keyring-locked"
        has_moved = stored(place)["floor"] == "2026-11-23"
        assert has_moved or place.text == before
        place.unlock()
        after = vault_in(place, book)
        assert (after.floor, stored(place)["floor"]) == (NOV_23, "2026-11-23")
        assert not after.reaches(ORDER, gone)
        assert after.open(ORDER, stays) == DATA

    @pytest.mark.parametrize("answers", range(2))
    def test_one_that_locks_itself_before_a_months_first_sealing_seals_nothing_until_it_is_unlocked(
        self, answers: int
    ) -> None:
        place = Locking()
        vault = vault_in(place)
        box = vault.seal(ORDER, DATA, NOV_23)
        before, place.calls_left = place.text, answers
        with pytest.raises(Problem) as error:
            vault.seal(ORDER, DATA, DEC_5)
        assert error.value.name.value == "keyring-locked"
        assert place.text == before
        assert vault.open(ORDER, box) == DATA
        place.unlock()
        later = vault.seal(ORDER, DATA, DEC_5)
        assert vault_in(place, Book(None, vault.chain_ids)).open(ORDER, later) == DATA

    def test_one_that_goes_on_giving_the_old_keys_is_named(self) -> None:
        place = Place()
        vault = vault_in(place)
        box = vault.seal(ORDER, DATA, NOV_23)
        book = Book(DEC_5, vault.chain_ids)
        with pytest.raises(Problem) as error:
            vault_in(Forgetful(place.text), book)
        assert (error.value.name.value, error.value.exit_code) == ("vault-key-stuck", Exit.REFUSED)
        assert not vault_in(place, book).reaches(ORDER, box)

    @pytest.mark.parametrize("instead", [None, "not JSON", keys_with(), keys_with("2026-11", day="2026-11-01")])
    def test_no_key_is_made_or_moved_over_one_that_is_gone(self, instead: str | None) -> None:
        """Emptied, damaged or another store's: what was sealed would be lost if the right one came back."""
        place = Place()
        vault = vault_in(place)
        box = vault.seal(ORDER, DATA, NOV_23)
        ids, right, place.text = vault.chain_ids, place.text, instead
        attempts: list[Callable[[], object]] = [
            lambda: vault.seal(ORDER, DATA, date(2027, 1, 5)),
            lambda: vault.move_on(NOV_23),
            lambda: vault_in(place, Book(NOV_23, ids)),
        ]
        for attempt in attempts:
            with pytest.raises(Problem) as error:
                attempt()
            assert is_missing(error)
            assert place.text == instead
        place.text = right
        assert vault_in(place, Book(NOV_23, ids)).open(ORDER, box) == DATA


class TestWhatIsShown:
    def test_no_failure_shows_a_key(self) -> None:
        """Not in its text, not in its traceback with the errors behind it, not in its JSON."""
        place = Place()
        vault = vault_in(place)
        box = vault.seal(ORDER, DATA, DEC_5)
        text = place.text or ""
        key = stored(place)["chains"]["2026-12"]["key"]
        secrets = [key, key[:12], repr(base64.b64decode(key)), repr(expand(base64.b64decode(key), 4))]
        attempts: list[Callable[[], object]] = [
            lambda: vault.open("302-7654321-7654321", box),
            lambda: vault.open(ORDER, msgspec.structs.replace(box, data=b"")),
            lambda: vault.open(ORDER, msgspec.structs.replace(box, chain_id="another")),
            lambda: vault_in(Place(text), Book(None, {"2026-12": "another"})),
            lambda: vault_in(Place(text[:-1])),
            lambda: vault_in(Place(text.replace(key, key[:-4]))),
            lambda: vault_in(Place(text.replace(key, f"{key[:-2]}!="))),
            lambda: vault_in(Place(text.replace('"day"', '"dai"'))),
            lambda: vault_in(Place(text.replace(f'"{key}"', f'{{"{key}": 1}}'))),
        ]
        for attempt in attempts:
            with pytest.raises(Problem) as error:
                attempt()
            shown = "".join(traceback.format_exception(error.value)) + repr(error.value) + str(texts_of(error.value))
            assert not [secret for secret in secrets if secret in shown]

    def test_a_chain_does_not_show_its_key(self) -> None:
        """A traceback with local variables, as crash reporters make it, shows chains."""
        chain = Chain("id", DEC_5, base64.b64encode(bytes(range(32))).decode())
        assert chain.key not in repr(chain)
        assert chain.key not in str([chain])
        assert chain.key not in f"{chain}"


@dataclass
class Sealed:
    """A box of a history, and what the model knows of it."""

    order_id: str
    data: bytes
    box: Box
    purged: bool = False


@dataclass(frozen=True)
class Stolen:
    """A copy of the keyring, and what it may open by the model: boxes of these chains, from that day on."""

    text: str | None
    floor: date | None
    chain_ids: frozenset[str]


class Histories(RuleBasedStateMachine):
    """Any sequence of sealing, moving on, restarting and theft, against a model of who may read what.

    The model: a box can be read as long as its lease has not ended by the floor. Whoever once stole the keyring can
    read what was not purged at that moment, of the chains that there were, and nothing else, ever.
    """

    boxes: Bundle[Sealed] = Bundle("boxes")

    def __init__(self) -> None:
        super().__init__()
        self.place = Place()
        self.noted: dict[str, str] = {}
        self.floor: date | None = None
        self.sealed: list[Sealed] = []
        self.stolen: list[Stolen] = []
        self.today = NOV_23
        self.vault = vault_in(self.place)

    @rule(ahead=st.integers(-3, 45), data=st.binary(max_size=20), number=st.integers(1, 3))
    def seal(self, ahead: int, data: bytes, number: int) -> None:
        day, order_id = self.today + timedelta(days=ahead), f"302-{number}"
        if self.floor and day < self.floor:
            with pytest.raises(ValueError, match="purged"):
                self.vault.seal(order_id, data, day)
            return
        self.sealed.append(Sealed(order_id, data, self.vault.seal(order_id, data, day)))
        self.noted.update(self.vault.chain_ids)

    @rule(days=st.integers(1, 40))
    def purge(self, days: int) -> None:
        """The floor is noted in the book; the next opening moves the keyring up to it."""
        self.today += timedelta(days=days)
        self.floor = self.today
        self.restart()

    @rule()
    def restart(self) -> None:
        self.vault = vault_in(self.place, Book(self.floor, self.noted))

    @rule(days=st.integers(1, 60))
    def restore_an_older_book(self, days: int) -> None:
        older = self.floor - timedelta(days=days) if self.floor else None
        self.vault = vault_in(self.place, Book(older, self.noted))

    @rule()
    def keyring_refuses_for_a_while(self) -> None:
        self.place.refusing = True
        beyond = self.today + timedelta(days=400 + len(self.noted))
        with pytest.raises(Problem):
            self.vault.seal("302-9", b"lost", beyond)
        self.place.refusing = False

    @rule()
    def steal(self) -> None:
        self.stolen.append(Stolen(self.place.text, self.floor, frozenset(self.vault.chain_ids.values())))

    @invariant()
    def the_owner_reads_what_has_not_been_purged(self) -> None:
        for sealed in self.sealed:
            if self.floor and sealed.box.lease_day < self.floor:
                with pytest.raises(Problem):
                    self.vault.open(sealed.order_id, sealed.box)
            else:
                assert self.vault.open(sealed.order_id, sealed.box) == sealed.data

    @invariant()
    def a_thief_reads_what_could_be_read_then(self) -> None:
        for stolen in self.stolen:
            thief = vault_in(Place(stolen.text))
            for sealed in self.sealed:
                living = stolen.floor is None or sealed.box.lease_day >= stolen.floor
                if living and sealed.box.chain_id in stolen.chain_ids:
                    assert thief.open(sealed.order_id, sealed.box) == sealed.data
                else:
                    with pytest.raises(Problem):
                        thief.open(sealed.order_id, sealed.box)

    @invariant()
    def the_keyring_holds_of_each_living_chain_the_first_living_day(self) -> None:
        chains = stored(self.place).get("chains", {})
        for month, chain in chains.items():
            first = date.fromisoformat(f"{month}-01")
            assert date.fromisoformat(chain["day"]) == max(first, self.floor or date.min)
        assert set(chains) == {month for month in self.noted if self.floor is None or month >= f"{self.floor:%Y-%m}"}


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
