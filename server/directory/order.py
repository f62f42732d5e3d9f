"""In which order names stand, by their pinyin, and under which letter (SPEC B2, B8, G4).

Keys compare by code points, so a database sorts by them under COLLATE "C" (SQLite's default) as Python does.
"""

from collections.abc import Sequence

from server.directory.pinyin import Token, read

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ#"
_BEHIND_Z = "~"


def sort_key(tokens: Sequence[Token]) -> str:
    """Syllable by syllable, the same character together ('zhang 张 san 三'); who is under '#' stands behind Z."""
    parts = [f"{token.readings[0]} {token.text}" if token.is_character and token.readings else _first(token) for token in tokens]
    key = " ".join(parts)
    return key if initial(tokens) != "#" else f"{_BEHIND_Z} {key}"


def initial(tokens: Sequence[Token]) -> str:
    """A to Z, or '#' for whatever begins with no Latin letter: digits, other scripts, characters without a known reading."""
    first = _first(tokens[0])[:1] if tokens else ""
    return first.upper() if first.isascii() and first.isalpha() else "#"


def _first(token: Token) -> str:
    return token.readings[0] if token.readings else token.text


def sections(entries: Sequence[str]) -> list[tuple[str, int, int]]:
    """The index A to Z over the initials of a list that is sorted by ``sort_key``: (letter, where it begins, how many), '#' last."""
    found: list[tuple[str, int, int]] = []
    for at, letter in enumerate(entries):
        if found and found[-1][0] == letter:
            found[-1] = (letter, found[-1][1], found[-1][2] + 1)
        else:
            found.append((letter, at, 1))
    return found


def reading(name: str, corrected: str = "") -> str:
    """The sort key of a name; ``corrected``: as an administrator corrected its pinyin."""
    return sort_key(read(name, corrected))
