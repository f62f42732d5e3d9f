"""Account numbers for new members: those that were asked for, and for the others the next free ones of the company's segment (SPEC B3)."""

from collections.abc import Sequence

from server.companies import rules
from server.companies.errors import NumbersExhausted, NumberTaken
from storage import companies, members
from storage.companies import Company
from storage.work import Work

LOOKS = 20  # another company's numbers may lie in between, but not for ever: an act is short (LOG C1)
WINDOW = 1000


async def take(work: Work, company: Company, wanted: Sequence[str]) -> list[str]:
    """A number for each, in the turn; where nothing was wanted a personal account gets none.

    Raises: NumberInvalid, NumberTaken, NumbersExhausted.
    """
    asked = [number for number in wanted if number]
    await _check_asked(work, asked)
    missing = len(wanted) - len(asked) if company.kind == "company" else 0
    handed = iter(await _next(work, company, missing, set(asked)) if missing else [])
    return [number or next(handed, "") for number in wanted]


async def _check_asked(work: Work, asked: Sequence[str]) -> None:
    for number in asked:
        rules.check_number(number)
        if asked.count(number) > 1:
            raise NumberTaken(number)
    for number in await members.taken_numbers(work, asked):
        raise NumberTaken(number)


async def _next(work: Work, company: Company, count: int, asked: set[str]) -> list[str]:
    found: list[str] = []
    start = company.next_number
    for _ in range(LOOKS):
        window = rules.candidates(start, WINDOW)
        taken = asked | await members.taken_numbers(work, window)
        found += rules.free(window, taken)
        if len(found) >= count:
            await companies.set_next_number(work, company.id, int(found[count - 1]) + 1)
            return found[:count]
        start += WINDOW
    raise NumbersExhausted(company.next_number)
