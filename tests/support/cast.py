"""The cast of the tests: a company with named members, and conversations between them, straight into the storage."""

import itertools
import os
from dataclasses import dataclass

import sqlalchemy as sa

from protocol.bodies import Checked, TextBody, check_body, note
from protocol.ids import ID_BITS
from storage.conversations import Ledger, find
from storage.engine import Storage
from storage.schema.accounts import members
from storage.schema.companies import companies
from storage.statements import insert_into, statement
from storage.work import Work
from storage.writer.batch import Finished
from storage.writer.entries import DraftEntry, EditEntry, Entry, MarkEntry, Outcome, PinEntry, ReactEntry, RecallEntry, SendEntry

INSERT_COMPANY = insert_into(companies, "number", "name", "short_name", "created_at", "seats")
COMPANY = statement(sa.select(companies.c.id).where(companies.c.number == sa.bindparam("number")))
INSERT_MEMBER = insert_into(members, "id", "company", "name", "number", "created_at")
_requests = itertools.count(1)


def draw() -> int:
    """A fresh random id."""
    return int.from_bytes(os.urandom(8), "big") >> (64 - ID_BITS)


@dataclass(frozen=True)
class Actor:
    """A member of the cast."""

    company: int
    id: int
    name: str = ""


async def company(storage: Storage, number: str, *names: str) -> list[Actor]:
    """A company with a member for each name."""
    cast = [draw() for _ in names]

    async def act(work: Work) -> int:
        await work.run(INSERT_COMPANY, number=number, name=number, short_name=number, created_at=work.now, seats=1000)
        made: int = await work.value(COMPANY, number=number)
        for id, name in zip(cast, names, strict=True):
            await work.run(INSERT_MEMBER, id=id, company=made, name=name, number=f"{number}-{name}", created_at=work.now)
        return made

    made = await storage.transact(act)
    return [Actor(made, id, name) for id, name in zip(cast, names, strict=True)]


async def direct(storage: Storage, one: Actor, other: Actor) -> int:
    """The direct conversation of two actors."""
    id = draw()

    async def act(work: Work) -> None:
        ledger = await Ledger.create(work, id, one.company, "direct", pair=(one.id, other.id))
        who = {(actor.company, actor.id): None for actor in (one, other)}
        await ledger.join(list(who), 1)
        await ledger.close()

    await storage.transact(act)
    return id


async def group(storage: Storage, *actors: Actor) -> int:
    """A group whose stays begin with its first note."""
    id = draw()

    async def act(work: Work) -> None:
        ledger = await Ledger.create(work, id, actors[0].company, "group", name="Group")
        await ledger.note(note("opened"), by=actors[0].id, salt=os.urandom(16))
        await ledger.join([(actor.company, actor.id) for actor in actors], 1)
        await ledger.close()

    await storage.transact(act)
    return id


async def join(storage: Storage, conversation: int, actor: Actor) -> int:
    """Add ``actor``; gives the seq with which his stay begins."""

    async def act(work: Work) -> int:
        place = await find(work, conversation)
        assert place is not None
        ledger = Ledger(work, place)
        seq = await ledger.note(note("joined"), by=actor.id, salt=os.urandom(16))
        await ledger.join([(actor.company, actor.id)], seq)
        await ledger.close()
        return seq

    return await storage.transact(act)


async def leave(storage: Storage, conversation: int, actor: Actor) -> int:
    """Remove ``actor``; gives the seq with which his stay ends."""

    async def act(work: Work) -> int:
        place = await find(work, conversation)
        assert place is not None
        ledger = Ledger(work, place)
        seq = await ledger.note(note("left"), by=actor.id, salt=os.urandom(16))
        assert await ledger.leave(actor.company, actor.id, seq)
        await ledger.close()
        return seq

    return await storage.transact(act)


def text(words: str, **more: object) -> Checked:
    return check_body(TextBody(text=words, **more))  # type: ignore[arg-type]


def send(actor: Actor, conversation: int, words: str | Checked, client_id: bytes = b"", origin: object = None, **more: object) -> SendEntry:
    body = text(words) if isinstance(words, str) else words
    return SendEntry(
        origin,
        next(_requests),
        actor.company,
        actor.id,
        conversation,
        client_id or os.urandom(16),
        body,
        **more,  # type: ignore[arg-type]
    )


def draft_of(actor: Actor, conversation: int, words: str) -> DraftEntry:
    return DraftEntry(None, next(_requests), actor.company, actor.id, conversation, words)


def edit(actor: Actor, conversation: int, seq: int, version: int, words: str) -> EditEntry:
    return EditEntry(None, next(_requests), actor.company, actor.id, conversation, seq, version, text(words))


def recall(actor: Actor, conversation: int, seq: int) -> RecallEntry:
    return RecallEntry(None, next(_requests), actor.company, actor.id, conversation, seq)


def react(actor: Actor, conversation: int, seq: int, emoji: str = "👍", *, on: bool = True) -> ReactEntry:
    return ReactEntry(None, next(_requests), actor.company, actor.id, conversation, seq, emoji, on)


def pin(actor: Actor, conversation: int, seq: int, *, on: bool = True) -> PinEntry:
    return PinEntry(None, next(_requests), actor.company, actor.id, conversation, seq, on)


def mark(actor: Actor, conversation: int, read: int, delivered: int = 0) -> MarkEntry:
    return MarkEntry(None, 0, actor.company, actor.id, conversation, read, delivered)


class Desk:
    """Puts entries before the writer and waits for what becomes of them."""

    def __init__(self, storage: Storage) -> None:
        import asyncio

        self.storage = storage
        self.finished: list[Finished] = []
        self._waiting: dict[int, asyncio.Future[Outcome | None]] = {}
        self._loop = asyncio.get_running_loop()
        storage.batches.on_finished = self._ended

    def _ended(self, finished: Finished) -> None:
        self.finished.append(finished)
        for entry, answer in zip(finished.entries, finished.answers, strict=True):
            waiting = self._waiting.pop(id(entry), None)
            if waiting is not None and not waiting.done():
                waiting.set_result(answer)

    async def put(self, *entries: Entry) -> list[Outcome | None]:
        """All at once, as one batch where nothing hinders it."""
        waiting = []
        for entry in entries:
            self._waiting[id(entry)] = self._loop.create_future()
            waiting.append(self._waiting[id(entry)])
        for entry in entries:
            self.storage.batches.put(entry)
        return [await one for one in waiting]
