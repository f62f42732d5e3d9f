"""Names on the wire: ten characters for 60 bits, and client ids with the time first (DESIGN 1; RFC 9562, section 5.7)."""

import uuid

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol.ids import CLIENT_ID_LENGTH, ID_BITS, ID_LENGTH, client_id_bytes, from_wire, new_client_id, to_wire
from storage.draw import id_of

NUMBERS = st.integers(0, 2**ID_BITS - 1)
INSTANTS = st.integers(0, 2**48 - 1)
RANDOMNESS = st.binary(min_size=10, max_size=10)


@given(NUMBERS)
def test_a_number_comes_back_from_its_name(number: int) -> None:
    assert len(to_wire(number)) == ID_LENGTH
    assert from_wire(to_wire(number)) == number


@given(st.text("ABCxyz019-_", min_size=ID_LENGTH, max_size=ID_LENGTH))
def test_a_name_comes_back_from_its_number(name: str) -> None:
    assert to_wire(from_wire(name)) == name


def test_the_names_are_the_same_for_ever() -> None:
    assert [to_wire(number) for number in (0, 1, 2**ID_BITS - 1)] == ["AAAAAAAAAA", "AAAAAAAAAB", "__________"]


@given(st.binary(min_size=8, max_size=8))
@example(bytes([0xF8]) + bytes(7))
@example(bytes([0xFF] * 8))
def test_a_new_name_begins_with_a_letter_or_a_digit(randomness: bytes) -> None:
    assert to_wire(id_of(randomness))[0].isalnum()


def test_every_letter_and_digit_begins_some_name() -> None:
    assert len({to_wire(id_of(bytes([first, 0, 0, 0, 0, 0, 0, 0])))[0] for first in range(256)}) == 62


@given(st.text(max_size=12))
def test_any_other_text_is_no_id(text: str) -> None:
    if len(text) == ID_LENGTH and text.isascii() and text.replace("-", "").replace("_", "").isalnum():
        return
    with pytest.raises(ValueError, match="an id has"):
        from_wire(text)


@given(INSTANTS, RANDOMNESS)
def test_a_client_id_is_a_uuid_of_version_7(now: int, randomness: bytes) -> None:
    drawn = uuid.UUID(new_client_id(now, randomness))
    assert (drawn.version, drawn.variant) == (7, uuid.RFC_4122)
    assert drawn.int >> 80 == now


@given(INSTANTS, RANDOMNESS, INSTANTS, RANDOMNESS)
def test_client_ids_are_in_the_order_of_their_time(one: int, by_chance: bytes, other: int, as_well: bytes) -> None:
    first, second = new_client_id(min(one, other), by_chance), new_client_id(max(one, other), as_well)
    assert one == other or first < second


@given(INSTANTS, RANDOMNESS, RANDOMNESS)
def test_seventy_four_bits_of_a_client_id_are_random(now: int, some: bytes, other: bytes) -> None:
    kept = (1 << 62) - 1 | 0xFFF << 68
    differ = (int.from_bytes(some, "big") ^ int.from_bytes(other, "big")) & kept
    assert (new_client_id(now, some) != new_client_id(now, other)) == bool(differ)


@given(st.binary(min_size=16, max_size=16))
def test_the_bytes_of_a_client_id(number: bytes) -> None:
    assert client_id_bytes(number.hex()) == client_id_bytes(number.hex().upper()) == number


@pytest.mark.parametrize(
    "text",
    ["", "0" * 31, "0" * 33, "g" * 32, "0 " * 16, "00 " * 10 + "00", "019b2a5d-8c00-7e3f-8a41-c2d90b6f7e15", "\uff11" * CLIENT_ID_LENGTH],
)
def test_any_other_text_is_no_client_id(text: str) -> None:
    with pytest.raises(ValueError, match="hexa"):
        client_id_bytes(text)
