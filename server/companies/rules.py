"""What companies, numbers and names may be, which states follow which, and whether seats suffice (SPEC A1, B3, B5)."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from protocol.errors import CursorInvalid, MemberNotFound
from server.companies.errors import (
    CompanyNumberInvalid,
    CountInvalid,
    ExpiryInvalid,
    NameInvalid,
    NumberInvalid,
    SeatsExhausted,
    SeatsInvalid,
    SegmentInvalid,
    SegmentTaken,
    WordsInvalid,
)
from storage.companies import Profile
from storage.segments import Segment

NAME_CHARACTERS = 100
LINE_CHARACTERS = 200
INTRO_CHARACTERS = 2000
LARGEST_NUMBER = 9_999_999_999
LEAST_SEGMENT = 1000
MOST_SEATS = 1_000_000  # ten times the largest company that is measured
MOST_OFFERED = 1000
MOST_LISTED = 1000
LATEST = 253_402_300_799_999  # the last millisecond of the year 9999
LARGEST_ID = (1 << 63) - 1
_COMPANY_NUMBER = re.compile(r"[a-z0-9][a-z0-9-]{1,31}")
# four to ten digits: neither a Chinese mobile number (11) nor anything with a letter can be taken for one
_NUMBER = re.compile(r"[1-9][0-9]{3,9}")
_SPACES = {0x3000: " ", 0xA0: " "}  # of Chinese input methods, and of text processors
_LINES = {0x0D: "\n"}
_JOINER = "\u200d"
_JOINED = ("So Sk Mn", "So Sm")  # what stands before a joiner, and behind it: emoji, colours of skin, variation selectors; arrows
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols without a shape
_UNSHOWN = frozenset(("Zs", "Cc", "Cf", "Mn", "Me"))
BUILT_IN = frozenset(("personal", "operator"))
MOVES = {"active": frozenset(("disabled",)), "disabled": frozenset(("active",)), "draft": frozenset(("active",))}


def check_company_number(number: str) -> None:
    """Raises: CompanyNumberInvalid."""
    if not _COMPANY_NUMBER.fullmatch(number) or number in BUILT_IN:
        raise CompanyNumberInvalid(number)


def check_number(number: str) -> None:
    """Raises: NumberInvalid."""
    if not _NUMBER.fullmatch(number):
        raise NumberInvalid(number)


def name(field: str, given: str, *, may_be_empty: bool = False, most: int = NAME_CHARACTERS) -> str:
    """``given`` without white space around it. Raises: NameInvalid."""
    stripped = given.translate(_SPACES).strip()
    if len(stripped) > most or not (_is_shown(stripped) or (may_be_empty and not stripped)):
        raise NameInvalid(field, most)
    return stripped


def words(field: str, given: str, most: int) -> str:
    """A text of several lines, or none, without white space around it. Raises: WordsInvalid."""
    stripped = given.replace("\r\n", "\n").translate(_SPACES | _LINES).strip()
    if len(stripped) > most or (stripped and not _is_shown(stripped, "\n\t")):
        raise WordsInvalid(field, most)
    return stripped


def _is_shown(text: str, beside: str = "") -> bool:
    """Whether it shows something, and has nothing that is not shown, such as what turns text around; of ``beside`` it may have some.

    What joins emoji into one (RGI sequences of UTS 51) is no such thing between two of them.
    """
    plain = text.isprintable() or all(
        one.isprintable() or one in beside or (one == _JOINER and _joins(text, at)) for at, one in enumerate(text)
    )
    return plain and any(unicodedata.category(one) not in _UNSHOWN and one not in _BLANK for one in text)


def _joins(text: str, at: int) -> bool:
    sides = text[at - 1 : at] + text[at + 1 : at + 2]
    return len(sides) == 2 and all(map(str.__contains__, _JOINED, map(unicodedata.category, sides)))


def profile(wanted: Profile) -> Profile:
    """As it is kept. Raises: NameInvalid, WordsInvalid."""
    short = ("industry", "region", "address", "phone", "website")
    return Profile(
        name=name("name", wanted.name),
        short_name=name("short name", wanted.short_name),
        intro=words("intro", wanted.intro, INTRO_CHARACTERS),
        **{field: name(field, getattr(wanted, field), may_be_empty=True, most=LINE_CHARACTERS) for field in short},
    )


def check_seats(seats: int, taken: int, wanted: int) -> None:
    """Raises: SeatsExhausted."""
    if taken + wanted > seats:
        raise SeatsExhausted(seats, wanted)


def check_bought(seats: int) -> None:
    """Raises: SeatsInvalid."""
    if not is_whole(seats, 1, MOST_SEATS):
        raise SeatsInvalid(MOST_SEATS)


def is_whole(number: object, least: int, most: int) -> bool:
    """Whether it is a whole number from ``least`` to ``most``; what a database takes for one, such as True or 1.5, is none."""
    return type(number) is int and least <= number <= most


def check_expiry(expires_at: int | None) -> None:
    """Milliseconds UTC; None is never. Raises: ExpiryInvalid."""
    if expires_at is not None and not is_whole(expires_at, 0, LATEST):
        raise ExpiryInvalid


def check_offered(count: int) -> None:
    """Raises: CountInvalid."""
    if not is_whole(count, 1, MOST_OFFERED):
        raise CountInvalid(MOST_OFFERED)


def check_page(limit: int, *after: int) -> None:
    """How many to list, and behind which ids. Raises: CountInvalid, CursorInvalid."""
    if not is_whole(limit, 1, MOST_LISTED):
        raise CountInvalid(MOST_LISTED)
    if not all(is_whole(one, 0, LARGEST_ID) for one in after):
        raise CursorInvalid


def follows(state: str, wanted: str) -> bool:
    """Whether a member goes from ``state`` to ``wanted``; False where he is there already.

    Raises: MemberNotFound of deleted ones, who are no members any more.
    """
    if state == wanted:
        return False
    if wanted not in MOVES.get(state, ()):
        raise MemberNotFound
    return True


def segment(owned: Iterable[Segment], first: int, seats: int, last: int | None = None) -> tuple[int, int]:
    """The segment (first, last) that begins with ``first``; ``owned`` are those of all companies.

    Without ``last`` it has twice as many numbers as seats, since numbers never come back, or up to where the next segment begins.
    Raises: NumberInvalid, SegmentInvalid, SegmentTaken.
    """
    check_number(str(first))
    end = last if last is not None else min(first + max(LEAST_SEGMENT, 2 * seats) - 1, LARGEST_NUMBER)
    if not is_whole(end, first, LARGEST_NUMBER):
        raise SegmentInvalid(first, end)
    for other in owned:
        if other.first <= first <= other.last or (last is not None and first <= other.first <= end):
            raise SegmentTaken(first, end)
        if first < other.first <= end:
            end = other.first - 1
    return first, end


def owner(owned: Iterable[Segment], number: int) -> bool:
    """Whether one of these segments has ``number``."""
    return any(segment.first <= number <= segment.last for segment in owned)


def windows(owned: Iterable[Segment], size: int, most: int) -> Iterator[tuple[int, list[str]]]:
    """What is left of these segments, by at most ``size`` numbers and ``most`` times: the segment's first number, and the numbers."""
    left = (
        (segment.first, start, min(start + size, segment.last + 1))
        for segment in owned
        for start in range(segment.next, segment.last + 1, size)
    )
    return ((first, [str(number) for number in range(start, end)]) for first, start, end in islice(left, most))


def free(numbers: Collection[str], taken: Collection[str]) -> Iterator[str]:
    return (number for number in numbers if number not in taken)
