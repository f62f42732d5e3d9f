"""What companies, numbers and names may be, which states follow which, and whether seats suffice (SPEC A1, B3, B5)."""

import re
from collections.abc import Collection, Iterator

from protocol.errors import MemberNotFound
from server.companies.errors import (
    CompanyNumberInvalid,
    NameInvalid,
    NumberInvalid,
    NumbersExhausted,
    SeatsExhausted,
)

NAME_CHARACTERS = 100
LARGEST_NUMBER = 9_999_999_999
_COMPANY_NUMBER = re.compile(r"[a-z0-9][a-z0-9-]{1,31}")
# four to ten digits: neither a Chinese mobile number (11) nor anything with a letter can be taken for one
_NUMBER = re.compile(r"[1-9][0-9]{3,9}")
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


def name(field: str, given: str, *, may_be_empty: bool = False) -> str:
    """``given`` without white space around it. Raises: NameInvalid."""
    stripped = given.strip()
    if len(stripped) > NAME_CHARACTERS or not (stripped or may_be_empty) or any(not one.isprintable() for one in stripped):
        raise NameInvalid(field, NAME_CHARACTERS)
    return stripped


def check_seats(seats: int, taken: int, wanted: int) -> None:
    """Raises: SeatsExhausted."""
    if taken + wanted > seats:
        raise SeatsExhausted(seats, taken, wanted)


def follows(state: str, wanted: str) -> bool:
    """Whether a member goes from ``state`` to ``wanted``; False where he is there already.

    Raises: MemberNotFound of deleted ones, who are no members any more.
    """
    if state == wanted:
        return False
    if wanted not in MOVES.get(state, ()):
        raise MemberNotFound
    return True


def candidates(start: int, count: int) -> list[str]:
    """The next numbers of a segment, at most ``count``. Raises: NumbersExhausted."""
    if start > LARGEST_NUMBER:
        raise NumbersExhausted(start)
    return [str(number) for number in range(start, min(start + count, LARGEST_NUMBER + 1))]


def free(numbers: Collection[str], taken: Collection[str]) -> Iterator[str]:
    return (number for number in numbers if number not in taken)
