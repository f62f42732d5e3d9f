"""Fresh ids for what is made: 60 random bits, so that nobody can count other people's acts (DESIGN 6)."""

import os

from protocol.ids import ID_BITS


def draw_id() -> int:
    """A number that no member, conversation, session or unit has yet."""
    return int.from_bytes(os.urandom(8), "big") >> (64 - ID_BITS)
