"""Account numbers for new members: those that were asked for, and for the others the next free ones of the company's segments (SPEC B3).

A number that a deleted member held is not free: it comes back by reassignment alone (SPEC B4).
"""

from collections.abc import Sequence

from server.companies import rules
from server.companies.errors import NumberNotInSegment, NumbersExhausted, NumberTaken
from storage import members, segments
from storage.companies import Company
from storage.segments import Segment
from storage.work import Read, Work

LOOKS = 20  # many numbers may be taken in a row, but not for ever: an act is short (LOG C1)
WINDOW = 1000


async def take(work: Work, company: Company, wanted: Sequence[str]) -> list[str]:
    """A number for each, in the turn; where nothing was wanted a personal account gets none.

    Raises: NumberInvalid, NumberNotInSegment, NumberTaken, NumbersExhausted.
    """
    asked = [number for number in wanted if number]
    owned = await segments.of_company(work, company.id)
    await _check_asked(work, company, owned, asked)
    missing = len(wanted) - len(asked) if company.kind == "company" else 0
    found, passed = await _search(work, owned, missing, set(asked)) if missing else ([], {})
    for first, following in passed.items():
        await segments.set_next(work, first, following)
    handed = iter(found)
    return [number or next(handed, "") for number in wanted]


async def offer(read: Read, company: Company, count: int) -> list[str]:
    """The next free numbers, fewer where the segments are used up: what a form offers, and promises to nobody. Raises: CountInvalid."""
    rules.check_offered(count)
    return (await _search(read, await segments.of_company(read, company.id), count, set(), whole=False))[0]


async def _check_asked(work: Work, company: Company, owned: Sequence[Segment], asked: Sequence[str]) -> None:
    for number in asked:
        rules.check_number(number)
        if company.kind == "company" and not rules.owner(owned, int(number)):
            raise NumberNotInSegment(number)
        if asked.count(number) > 1:
            raise NumberTaken(number)
    for number in asked and await _taken(work, asked):
        raise NumberTaken(number)


async def _taken(read: Read, numbers: Sequence[str]) -> set[str]:
    return await members.taken_numbers(read, numbers) | await segments.ever_held(read, numbers)


async def _search(
    read: Read, owned: Sequence[Segment], count: int, asked: set[str], *, whole: bool = True
) -> tuple[list[str], dict[int, int]]:
    """So many free numbers, and up to where each segment was gone through. Raises: NumbersExhausted where ``whole``."""
    found: list[str] = []
    passed: dict[int, int] = {}
    for segment, window in rules.windows(owned, WINDOW, LOOKS):
        taken = asked | await _taken(read, window)
        found += rules.free(window, taken)
        if len(found) >= count:
            del found[count:]
            passed[segment] = int(found[-1]) + 1
            return found, passed
        passed[segment] = int(window[-1]) + 1
    if whole:
        raise NumbersExhausted
    return found, passed
