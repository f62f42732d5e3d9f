"""Acts by which members get first passwords: each a code of his own, or all the same, which is hashed once (SPEC A4, B8).

Codes are drawn before the act, for an act awaits only statements; one that was rolled back opens nothing.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from server.accounts import codes
from server.accounts.passwords import Passwords
from server.accounts.rules import check_new_password
from server.audit.service import Actor, administer, check_ahead, recording_refusals
from server.companies.newcomers import Added
from server.org.batches import Outcome, asked, pieces
from server.org.sifting import Sifted
from storage.engine import Storage
from storage.work import Read, Work


class Sifts(Protocol):
    """Whom an act can be done to."""

    async def __call__(self, read: Read, actor: Actor, company: str, whos: Sequence[str], *, whole: bool) -> Sifted: ...


class Draws(Protocol):
    """An act that gives each his own of ``drawn``, or all ``first``."""

    async def __call__(
        self, work: Work, actor: Actor, company: str, whos: Sequence[str], drawn: Sequence[str], first: str, *, whole: bool
    ) -> Outcome[Added]: ...


@dataclass(frozen=True)
class Means:
    storage: Storage
    passwords: Passwords


async def stored_first(by: Means, actor: Actor, company: str, act: str, password: str) -> str:
    """The stored form of the one that all get; empty where each has his own. Raises: what is wrong with it."""
    if not password:
        return ""
    async with recording_refusals(by.storage, actor, company, act, asked={}):
        check_new_password(password, old="", names=())
    return await by.passwords.hash(password)


async def given(
    by: Means, actor: Actor, company: str, act: str, whos: Sequence[str], password: str, *, size: int, sifts: Sifts, draws: Draws
) -> AsyncIterator[Outcome[Added]]:
    """By ``act``, to so many at a time. Raises: what ``sifts`` and ``draws`` raise, and what is wrong with the password."""
    first = await stored_first(by, actor, company, act, password)

    async def look(every: Sequence[str]) -> None:
        check = partial(sifts, actor=actor, company=company, whos=every, whole=True)
        await check_ahead(by.storage, actor, company, act, check, asked=asked(every))

    async def do(some: Sequence[str], whole: bool) -> Outcome[Added]:
        drawn = [codes.draw_code() for _ in some]
        give = partial(draws, actor=actor, company=company, whos=some, drawn=drawn, first=first, whole=whole)
        return await administer(by.storage, actor, company, act, give, asked=asked(some))

    async for outcome in pieces(whos, size, look, do):
        yield outcome
