"""Administrative acts and looks, each with its entry (promise V6, DESIGN 8).

An act and its entry are one transaction; a refused attempt has an entry of its own; of a look the entry is committed before anything is
shown. What an act does, and whether it may, the caller decides.
"""

from collections.abc import Awaitable, Callable, Mapping
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
    """Who acts: a member with his id, the super administrator, the operator by the name of the system user, or the system itself."""

    kind: str
    name: str
    id: int | None = None


def operator(system_user: str) -> Actor:
    return Actor("operator", system_user)


async def record(work: Work, company: int, actor: Actor, act: str, details: Details) -> None:
    """The entry of an act in its own unit. Never a password or a code among ``details``."""
    await audit.write(work, company, act, actor_kind=actor.kind, actor_name=actor.name, actor=actor.id, details=details)


async def administer(storage: Storage, actor: Actor, company: str, act: str, do: Callable[[Work], Awaitable[T]], *, asked: Details) -> T:
    """Run an act of ``actor`` in the turn. ``do`` writes its entry by ``record``, else all of it fails (LOG C1).

    A refusal gets an entry with what was ``asked``, in the trail of the company with that number, or of the operator where there is none.
    Raises: what ``do`` raises.
    """
    try:
        return await storage.transact(do, administrative=True)
    except YizhanError as refused:
        if refused.kind == "refused":
            await _record_apart(storage, actor, company, act, "refused", {**asked, "error": refused.code})
        raise


async def look(
    storage: Storage, actor: Actor, company: str, act: str, do: Callable[[Read], Awaitable[list[T]]], *, asked: Details
) -> list[T]:
    """Run a look first, then commit its entry with filter and count, then show it: no entry, nothing shown."""
    try:
        found = await storage.read(do)
    except YizhanError as refused:
        if refused.kind == "refused":
            await _record_apart(storage, actor, company, act, "refused", {**asked, "error": refused.code})
        raise
    await _record_apart(storage, actor, company, act, "done", {**asked, "count": len(found)})
    return found


async def _record_apart(storage: Storage, actor: Actor, company: str, act: str, outcome: str, details: Details) -> None:
    async def write(work: Work) -> None:
        found = await companies.find(work, company) or await companies.find(work, OPERATOR)
        assert found is not None, "the built-in companies are there from the first migration"
        await audit.write(
            work, found.id, act, actor_kind=actor.kind, actor_name=actor.name, actor=actor.id, outcome=outcome, details=details
        )

    await storage.transact(write, administrative=True)
