"""Fresh ids for what is made: random, so that nobody can count other people's acts (DESIGN 6)."""

import os

from protocol.ids import ID_BITS

_FIRST = 62  # of the 64 characters; behind them come - and _
_FIRST_BITS = 6
_RANDOM_BITS = 64


def draw_id() -> int:
    """A number that no member, conversation, session or unit has yet."""
    return id_of(os.urandom(_RANDOM_BITS // 8))


def id_of(randomness: bytes) -> int:
    """Eight random bytes as an id that begins with a letter or a digit: in a shell a hyphen would begin an option."""
    return int.from_bytes(randomness, "big") * _FIRST >> (_RANDOM_BITS + _FIRST_BITS - ID_BITS)
