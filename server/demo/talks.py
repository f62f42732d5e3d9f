"""Says what the demo's people said: one step of the plan after the other, through the message writer of a storage of its own."""

import asyncio
from collections.abc import Mapping

from msgspec.structs import replace

from protocol.bodies import Body, RichBody, TextBody, check_body
from protocol.errors import YizhanError
from protocol.ids import to_wire
from server.clock import ManualClock
from server.conversations.service import ConversationService, Who
from server.demo import plan
from server.demo.content import TALKS
from server.demo.kept import Kept
from server.demo.plan import Step
from storage import conversations
from storage.companies import Company
from storage.engine import Storage
from storage.members import Card
from storage.writer.batch import Finished
from storage.writer.entries import EditEntry, Entry, MarkEntry, Outcome, PinEntry, ReactEntry, RecallEntry, SendEntry, SentOutcome

NEWEST_POSITION = 1 << 62  # nobody is connected here, so what others wrote need not be read


class Talks:
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
        self._batches.node.known = lambda: NEWEST_POSITION
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
