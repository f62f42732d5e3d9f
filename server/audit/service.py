"""Administrative acts and looks, each with its entry (promise V6, DESIGN 8).

An act and its entry are one transaction; a refused attempt has an entry of its own; of a look the entry is committed before anything is
shown. What an act does the caller decides, and whether the actor may ``server.roles.asking``, which the act must have asked.
"""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TypeVar

import msgspec

from protocol.errors import Value, YizhanError
from storage import audit, companies
from storage.engine import Storage
from storage.errors import ActWithoutPermission
from storage.work import Read, Work

T = TypeVar("T")
R = TypeVar("R", bound=Read)
OPERATOR = "operator"  # the built-in company, whose trail has what belongs to no other
Details = Mapping[str, Value | list[str]]


class Actor(msgspec.Struct, frozen=True):
    """Who acts: a member with his id, the super administrator by his company's number (with which he signs in), the operator by the name
    of the system user, or the system itself.

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


async def record_refused(work: Work, company: int, actor: Actor, act: str, asked: Details, error: YizhanError) -> None:
    """The entry of what an act leaves out, which does the rest."""
    await _write(work, company, actor, act, "refused", {**asked, "error": error.code})


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
    """Run an act of ``actor`` in the turn. ``do`` asks for his permission and writes its entry by ``record``, else it fails (LOG C1).

    A refusal gets an entry with what was ``asked``, in the trail of the company with that number, or of the operator where there is none.
    Raises: what ``do`` raises.
    """
    async with recording_refusals(storage, actor, company, act, asked=asked):
        return await storage.transact(_permitted(act, do), administrative=True)


async def check_ahead(
    storage: Storage, actor: Actor, company: str, act: str, check: Callable[[Read], Awaitable[object]], *, asked: Details
) -> None:
    """Look through what an act in several pieces is to do, before the first; a refusal has its entry, and nothing is shown.

    ``check`` asks for the actor's permission. Raises: what ``check`` raises.
    """
    async with recording_refusals(storage, actor, company, act, asked=asked):
        await storage.read(_permitted(act, check))


async def look(
    storage: Storage, actor: Actor, company: str, act: str, do: Callable[[Read], Awaitable[list[T]]], *, asked: Details
) -> list[T]:
    """Run a look first, then commit its entry with filter and count, then show it: no entry, nothing shown.

    ``do`` asks for the actor's permission. Raises: what ``do`` raises.
    """
    async with recording_refusals(storage, actor, company, act, asked=asked):
        found = await storage.read(_permitted(act, do))
    await _record_apart(storage, actor, company, act, "done", {**asked, "count": len(found)})
    return found


def _permitted(act: str, do: Callable[[R], Awaitable[T]]) -> Callable[[R], Awaitable[T]]:
    """``do``, which knows what it is for, and whose permission must have been asked when it is done."""

    async def done(read: R) -> T:
        read.act = act
        value = await do(read)
        if not read.is_permitted:
            raise ActWithoutPermission
        return value

    return done


async def _record_apart(storage: Storage, actor: Actor, company: str, act: str, outcome: str, details: Details) -> None:
    async def write(work: Work) -> None:
        found = await companies.find(work, company) or await companies.find(work, OPERATOR)
        assert found is not None, "the built-in companies are there from the first migration"
        await _write(work, found.id, actor, act, outcome, details)

    await storage.transact(write, administrative=True)


async def _write(work: Work, company: int, actor: Actor, act: str, outcome: str, details: Details) -> None:
    whole = {**details, "from": actor.place} if actor.place else details
    await audit.write(work, company, act, actor_kind=actor.kind, actor_name=actor.name, actor=actor.id, outcome=outcome, details=whole)
