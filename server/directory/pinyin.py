"""Names as tokens: each Chinese character with its readings, each Latin word, each run of digits (SPEC B8).

It decides how a name is read and what an administrator's correction may be; order and search are made of the tokens elsewhere.
pypinyin gives the readings of single characters; surnames are ours.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import msgspec

from protocol.errors import YizhanError
from server.directory.surnames import COMPOUND, GIVEN, SURNAMES

TOKENS = 24  # what stands behind them in a name is not searched
_CHARACTERS = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_PART = re.compile(rf"(?=\w)[{_CHARACTERS}]|[^\W\d_{_CHARACTERS}]+|\d+")
_APOSTROPHES = "'`\u2019\u02bc"  # o'neil is one word
_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0304\u030c"))
_LONGEST_COMPOUND = max(map(len, COMPOUND))


class Token(msgspec.Struct, frozen=True, gc=False):
    """``text``: the character or the folded word. ``readings``: in small letters without tones, ü as v, the usual one first; a word is
    its own reading, and none are known of a rare character.
    """

    text: str
    readings: tuple[str, ...]
    is_character: bool


class PinyinInvalid(YizhanError):
    """A correction names one syllable for each Chinese character of the name: 'shan xiong xin' for 单雄信."""

    code = "member.pinyin_invalid"
    en = "{given} does not give each character of {name} one syllable"
    zh = "{given} 未能为 {name} 的每个汉字给出一个音节"

    def __init__(self, name: str, given: str) -> None:
        super().__init__(name=name, given=given)


def fold(text: str) -> str:
    """For comparing: full width is half width, capitals are small, apostrophes are nothing."""
    folded = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    for apostrophe in _APOSTROPHES:
        folded = folded.replace(apostrophe, "")
    return folded.strip()


def spellings(folded: str) -> list[str]:
    """A folded query, and where it has tones or ü in it also as readings have it: lü and lǚ are lv. Latin names keep theirs."""
    if folded.isascii():
        return [folded]
    plain = unicodedata.normalize("NFC", _plain(folded))
    return [folded] if plain == folded else [folded, plain]


def is_character(one: str) -> bool:
    """Whether it is a Chinese character: CJK ideographs of all blocks, and the round zero."""
    return (
        "\u4e00" <= one <= "\u9fff"
        or one == "\u3007"
        or "\u3400" <= one <= "\u4dbf"
        or "\uf900" <= one <= "\ufaff"
        or "\U00020000" <= one <= "\U000323af"
    )


def split(folded: str) -> list[str]:
    """A folded text as characters, words and runs of digits; whatever else stands there only divides."""
    return _PART.findall(folded)


def read(name: str, corrected: str = "") -> tuple[Token, ...]:
    """The tokens of ``name``. ``corrected`` (as ``correct`` made it) wins; one that no longer fits the name is passed over."""
    parts = split(fold(name))[:TOKENS]
    tokens = [_token(part) for part in parts]
    if not (corrected and _correct(tokens, corrected.split())) and tokens and tokens[0].is_character:
        _read_surname(parts, tokens)
    return tuple(tokens)


def _correct(tokens: list[Token], syllables: list[str]) -> bool:
    """Whether there is one for each character."""
    places = [at for at, token in enumerate(tokens) if token.is_character]
    if len(syllables) != len(places):
        return False
    for at, syllable in zip(places, syllables, strict=True):
        tokens[at] = Token(tokens[at].text, _spelled(syllable), True)
    return bool(places)


def _read_surname(parts: list[str], tokens: list[Token]) -> None:
    """The first character as a surname, several as a compound one; what is left is a given name, in which a character reads otherwise."""
    for length in range(min(_LONGEST_COMPOUND, len(parts)), 1, -1):
        compound = COMPOUND.get("".join(parts[:length]))
        if compound is not None:
            for at, syllable in enumerate(compound.split()):
                tokens[at] = Token(parts[at], _union(_spelled(syllable), tokens[at].readings), True)
            return
    tokens[0] = _surname(parts[0])


@lru_cache(4096)
def _surname(one: str) -> Token:
    return Token(one, _union(*(_spelled(syllable) for syllable in SURNAMES.get(one, "").split()), _usual(one)), True)


@lru_cache(65536)
def _token(part: str) -> Token:
    return _character(part) if is_character(part[0]) else _word(part)


def _character(one: str) -> Token:
    """As it is read within a given name."""
    given = GIVEN.get(one)
    return Token(one, _union(*(_spelled(syllable) for syllable in given.split())) if given else _usual(one), True)


def _word(word: str) -> Token:
    """A Latin word is found without its accents too."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", word) if not unicodedata.combining(one))
    return Token(word, (plain, word) if plain != word else (word,), False)


def _usual(one: str) -> tuple[str, ...]:
    readings = dictionary().get(ord(one))
    return _spelled(_plain(readings.split(",")[0])) if readings else ()


@cache
def dictionary() -> Mapping[int, str]:
    """pypinyin's readings of each character, from its own file: to import it brings its phrases, too, 0.3 s of CPU and 55 MB."""
    package = find_spec("pypinyin")
    assert package is not None
    assert package.origin is not None
    return msgspec.json.decode(Path(package.origin).with_name("pinyin_dict.json").read_bytes(), type=dict[int, str])


def _spelled(syllable: str) -> tuple[str, ...]:
    """With ü as people type it: lv, lu, lyu (the passport's)."""
    if "v" not in syllable:
        return (syllable,)
    return (syllable, syllable.replace("v", "u"), syllable.replace("v", "yu"))


def _plain(syllable: str) -> str:
    """Without its tone, ü as v."""
    toneless = unicodedata.normalize("NFD", syllable).translate(_TONES)
    return toneless.replace("u\u0308", "v")


def _union(*readings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(syllable for one in readings for syllable in one))


def correct(name: str, given: str) -> str:
    """What an administrator typed as the reading of ``name``, as it is stored: syllables apart, without tones. Nothing stays nothing.

    Written in one word it is divided so that the characters' own readings fit where they can.

    Raises: PinyinInvalid.
    """
    words = [word for word in re.split(r"[\s'\u2019\-·]+", _plain(unicodedata.normalize("NFKC", given).casefold())) if word]
    characters = [part for part in split(fold(name)) if is_character(part[0])]
    if not words:
        return ""
    if len(words) == 1 and len(characters) > 1:
        words = _divided(words[0], characters) or words
    if len(words) != len(characters) or not all(word.isascii() and word.isalpha() and len(word) <= 6 for word in words):
        raise PinyinInvalid(name, given)
    return " ".join(words)


def _divided(word: str, characters: list[str]) -> list[str] | None:
    if not characters:
        return [] if not word else None
    for reading in _all_readings(characters[0]):
        if word.startswith(reading):
            rest = _divided(word[len(reading) :], characters[1:])
            if rest is not None:
                return [reading, *rest]
    return None


def _all_readings(one: str) -> tuple[str, ...]:
    """Of the dictionary and of both tables."""
    others = tuple(_plain(reading) for reading in dictionary().get(ord(one), "").split(",") if reading)
    return _union(_surname(one).readings, _character(one).readings, others)
