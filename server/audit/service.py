"""Administrative acts and looks, each with its entry (promise V6, DESIGN 8).

An act and its entry are one transaction; a refused attempt has an entry of its own; of a look the entry is committed before anything is
shown. What an act does, and whether it may, the caller decides.
"""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TypeVar

import msgspec

from protocol.errors import Value, YizhanError
from storage import audit, companies
from storage.engine import Storage
from storage.work import Read, Work

T = TypeVar("T")
OPERATOR = "operator"  # the built-in company, whose trail has what belongs to no other
Details = Mapping[str, Value | list[str]]


class Actor(msgspec.Struct, frozen=True):
    """Who acts: a member with his id, the super administrator, the operator by the name of the system user, or the system itself.

    ``place``: from where, an address or a program such as the command line; every entry says it (promise V6).
    """

    kind: str
    name: str
    id: int | None = None
    place: str = ""


def operator(system_user: str, place: str = "") -> Actor:
    return Actor("operator", system_user, place=place)


async def record(work: Work, company: int, actor: Actor, act: str, details: Details) -> None:
    """The entry of an act in its own unit. Never a password or a code among ``details``."""
    await _write(work, company, actor, act, "done", details)


@contextlib.asynccontextmanager
async def recording_refusals(storage: Storage, actor: Actor, company: str, act: str, *, asked: Details) -> AsyncIterator[None]:
    """What is refused inside gets an entry, also where it is refused before there is a unit: a password that is too short."""
    try:
        yield
    except YizhanError as refused:
        if refused.kind == "refused":
            await _record_apart(storage, actor, company, act, "refused", {**asked, "error": refused.code})
        raise


async def administer(storage: Storage, actor: Actor, company: str, act: str, do: Callable[[Work], Awaitable[T]], *, asked: Details) -> T:
    """Run an act of ``actor`` in the turn. ``do`` writes its entry by ``record``, else all of it fails (LOG C1).

    A refusal gets an entry with what was ``asked``, in the trail of the company with that number, or of the operator where there is none.
    Raises: what ``do`` raises.
    """
    async with recording_refusals(storage, actor, company, act, asked=asked):
        return await storage.transact(do, administrative=True)


async def look(
    storage: Storage, actor: Actor, company: str, act: str, do: Callable[[Read], Awaitable[list[T]]], *, asked: Details
) -> list[T]:
    """Run a look first, then commit its entry with filter and count, then show it: no entry, nothing shown."""
    async with recording_refusals(storage, actor, company, act, asked=asked):
        found = await storage.read(do)
    await _record_apart(storage, actor, company, act, "done", {**asked, "count": len(found)})
    return found


async def _record_apart(storage: Storage, actor: Actor, company: str, act: str, outcome: str, details: Details) -> None:
    async def write(work: Work) -> None:
        found = await companies.find(work, company) or await companies.find(work, OPERATOR)
        assert found is not None, "the built-in companies are there from the first migration"
        await _write(work, found.id, actor, act, outcome, details)

    await storage.transact(write, administrative=True)


async def _write(work: Work, company: int, actor: Actor, act: str, outcome: str, details: Details) -> None:
    whole = {**details, "from": actor.place} if actor.place else details
    await audit.write(work, company, act, actor_kind=actor.kind, actor_name=actor.name, actor=actor.id, outcome=outcome, details=whole)
