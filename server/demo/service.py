"""Makes the demo company by the product's own services and writer, at times in the past by a clock of its own.

What there is to see is ``content``, when it happened ``plan``. Every step may be run again: what is there already stays as it is.
"""

import asyncio
import os
from collections.abc import Mapping

from msgspec.structs import replace

from protocol.bodies import Body, RichBody, TextBody, check_body
from protocol.errors import YizhanError
from protocol.ids import to_wire
from server.accounts import codes
from server.accounts.passwords import Passwords
from server.audit.service import operator
from server.clock import ManualClock
from server.companies.errors import CompanyNumberTaken
from server.companies.service import CompanyService, Newcomer
from server.config.model import Settings
from server.conversations.service import ConversationService, Who
from server.demo import kept, plan
from server.demo.content import COMPANY, FIRST_NUMBER, LOGINS, NAME, PEOPLE, SEATS, SHORT_NAME, TALKS, UNITS, Person
from server.demo.kept import Kept, Login
from server.demo.plan import Step
from storage import companies, conversations, members
from storage.companies import Company
from storage.engine import Storage, connect
from storage.members import Card
from storage.writer.batch import Finished
from storage.writer.entries import EditEntry, Entry, MarkEntry, Outcome, PinEntry, ReactEntry, RecallEntry, SendEntry, SentOutcome

FOUNDED = 40 * 24 * plan.HOUR  # before now
OLDEST_POSITION = 1 << 62  # nobody is connected here, so what others wrote need not be read
ACTOR = operator("demo")


async def make(settings: Settings, passwords: Passwords, *, now: int) -> Kept | None:
    """The demo company in the database of ``settings``, made or completed where it is not there; gives its logins.

    None where it is there and its passwords are not kept any more. Beside the server or without it. Raises: CompanyNumberTaken where a
    company that is no demo has its number.
    """
    clock = ManualClock(now)
    storage = await connect(settings.database.url, now=clock.now)
    try:
        return await _Maker(settings, storage, clock, passwords).make()
    finally:
        await storage.close()


class _Maker:
    def __init__(self, settings: Settings, storage: Storage, clock: ManualClock, passwords: Passwords) -> None:
        self._data = settings.server.data
        self._storage = storage
        self._clock = clock
        self._companies = CompanyService(storage, passwords)

    async def make(self) -> Kept | None:
        company = await self._storage.read(lambda read: companies.find(read, COMPANY))
        remembered = kept.load(self._data)
        if company is None:
            remembered = Kept(os.urandom(16), self._clock.now(), _draw_passwords())
            kept.save(self._data, remembered)
        elif not company.demo:
            raise CompanyNumberTaken(COMPANY)
        if remembered is None or remembered.logins:
            return remembered
        return await self._complete(company, remembered)

    async def _complete(self, company: Company | None, remembered: Kept) -> Kept:
        self._clock.set(remembered.made_at - FOUNDED)
        company = company or await self._companies.create(
            ACTOR, COMPANY, name=NAME, short_name=SHORT_NAME, seats=SEATS, first_number=FIRST_NUMBER, demo=True
        )
        people = await self._people(company, await self._units(company), remembered)
        await _Talks(self._storage, self._clock, remembered, company, people).run()
        logins = tuple(Login(card.number, card.name, remembered.passwords[card.name]) for card in people.values())
        done = Kept(remembered.seed, remembered.made_at, remembered.passwords, logins)
        kept.save(self._data, done)
        return done

    async def _units(self, company: Company) -> Mapping[str, int]:
        there = {unit.name: unit.id for unit in await self._storage.read(lambda read: companies.units_of(read, company.id, 1000))}
        found: dict[str, int] = {}
        for unit in UNITS:
            parent = found[unit.under] if unit.under else None
            found[unit.key] = there.get(unit.name) or await self._companies.add_unit(ACTOR, COMPANY, unit.name, parent=parent)
        return found

    async def _people(self, company: Company, units: Mapping[str, int], remembered: Kept) -> dict[str, Card]:
        there = await self._cards(company)
        for some in _by_password(remembered.passwords):
            missing = [_newcomer(person, units) for person in some if person.name not in there]
            if missing:
                password = remembered.passwords[some[0].name]
                await self._companies.add_many(ACTOR, COMPANY, missing, password=password, must_change=False)
        there = await self._cards(company)
        return {person.key: there[person.name] for person in PEOPLE}

    async def _cards(self, company: Company) -> dict[str, Card]:
        cards = await self._storage.read(lambda read: members.page(read, company.id, ("", 0), SEATS))
        return {card.name: card for card in cards}


def _draw_passwords() -> Mapping[str, str]:
    shared = _draw_password()
    return {person.name: _draw_password() if person.key in LOGINS else shared for person in PEOPLE}


def _draw_password() -> str:
    """59 random bits in groups of four, to be read and typed."""
    code = codes.draw_code()
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def _by_password(passwords: Mapping[str, str]) -> list[list[Person]]:
    """In the order of the people: each password is hashed once."""
    groups: dict[str, list[Person]] = {}
    for person in PEOPLE:
        groups.setdefault(passwords[person.name], []).append(person)
    return list(groups.values())


def _newcomer(person: Person, units: Mapping[str, int]) -> Newcomer:
    return Newcomer(name=person.name, job_title=person.job_title, units=(units[person.unit],))


class _Talks:
    """What was said, one step after the other, through the message writer."""

    def __init__(self, storage: Storage, clock: ManualClock, remembered: Kept, company: Company, people: Mapping[str, Card]) -> None:
        self._desk = _Desk(storage)
        self._conversations = ConversationService(storage)
        self._storage = storage
        self._clock = clock
        self._kept = remembered
        self._company = company.id
        self._people = people
        self._opened: dict[int, int] = {}
        self._seqs: dict[tuple[int, int], int] = {}

    async def run(self) -> None:
        for step in plan.steps(TALKS, self._kept.made_at):
            self._clock.set(step.at)
            if step.what == "open":
                self._opened[step.talk] = await self._open(step)
                continue
            outcome = await self._desk.ask(self._entry(step))
            if isinstance(outcome, SentOutcome):
                self._seqs[step.talk, step.line] = outcome.seq

    def _who(self, key: str) -> Who:
        return self._company, self._people[key].id

    async def _open(self, step: Step) -> int:
        talk = TALKS[step.talk]
        if not talk.name:
            state = await self._conversations.open_direct(self._who(talk.people[0]), self._who(talk.people[1]))
            conversation: int = state.row["conversation"]
            return conversation
        id = plan.conversation_id(self._kept.seed, step.talk)
        if await self._storage.read(lambda read: conversations.find(read, id)) is None:
            first, *others = map(self._who, talk.people)
            await self._conversations.create(first, others, name=talk.name, id=id)
        return id

    def _entry(self, step: Step) -> Entry:
        where = (None, 0, *self._who(step.who), self._opened[step.talk])
        seq = self._seqs.get((step.talk, step.line), 0)
        match step.what:
            case "say":
                return self._send(step)
            case "edit":
                return EditEntry(*where, seq, 1, check_body(TextBody(text=step.word)))
            case "recall":
                return RecallEntry(*where, seq)
            case "pin":
                return PinEntry(*where, seq, True)
            case "react":
                return ReactEntry(*where, seq, step.word, True)
            case _:
                return MarkEntry(*where, seq, seq)

    def _send(self, step: Step) -> SendEntry:
        line = TALKS[step.talk].lines[step.line - 1]
        mentioned = tuple(self._people[key].id for key in line.mentions)
        body: Body = RichBody(markdown=line.text) if line.rich else TextBody(text=line.text)
        body = replace(body, reply_to=self._seqs.get((step.talk, line.reply_to)), mentions=tuple(map(to_wire, mentioned)))
        id = plan.client_id(self._kept.seed, step)
        return SendEntry(None, 0, *self._who(step.who), self._opened[step.talk], id, check_body(body), mentioned)


class _Desk:
    """One entry after the other through the message writer of a storage of its own."""

    def __init__(self, storage: Storage) -> None:
        self._batches = storage.batches
        self._batches.node.known = lambda: OLDEST_POSITION
        self._batches.on_finished = self._finished
        self._answer: asyncio.Future[Outcome | None] | None = None

    async def ask(self, entry: Entry) -> Outcome | None:
        """Raises: what the writer refuses."""
        self._answer = asyncio.get_running_loop().create_future()
        self._batches.put(entry)
        outcome = await self._answer
        if isinstance(outcome, YizhanError):
            raise outcome
        return outcome

    def _finished(self, finished: Finished) -> None:
        assert self._answer is not None
        self._answer.set_result(finished.answers[0])
