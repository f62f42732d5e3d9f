"""Stays, running numbers and marks: what everybody has unread agrees with a count from scratch (LOG G, H)."""

import random
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

from protocol.bodies import note
from protocol.ids import to_wire
from storage import heads
from storage.conversations import Ledger, find, open_stays
from storage.engine import Storage
from storage.schema.conversations import conversations, drafts, stays
from storage.statements import column, statement, update_of
from storage.work import Work
from storage.writer.entries import Entry, SendEntry, SentOutcome
from storage.writer.errors import ConversationDissolved
from storage.writer.rows import member_numbers
from tests.support.cast import Actor, Desk, company, direct, draft_of, edit, group, join, leave, mark, pin, react, recall, send, text
from tests.support.logbook import MARKS, Book, check

DISSOLVE = update_of(conversations, "dissolved", where=["id"])
STAYS = statement(
    sa.select(stays.c.member, stays.c.from_seq, stays.c.to_seq)
    .where(stays.c.conversation == column("conversation"))
    .order_by(stays.c.member, stays.c.from_seq)
)
DRAFT = statement(sa.select(drafts.c.text).where(drafts.c.member == column("member"), drafts.c.conversation == column("conversation")))


def naming(actor: Actor, conversation: int, *named: Actor, everybody: bool = False) -> SendEntry:
    """A message that mentions ``named``, or everybody."""
    body = text("look", mentions=tuple(to_wire(one.id) for one in named), mention_all=everybody)
    return send(actor, conversation, body, mentions=member_numbers(body.mentions))


async def state(storage: Storage, actor: Actor, conversation: int) -> tuple[int, int, int]:
    """Read mark, unread, unread mentions."""
    row = await storage.read(lambda read: heads.one(read, actor.company, actor.id, conversation))
    assert row is not None
    return row["read"], row["unread"], row["mentions"] + row["mention_all"]


# ---- stays


async def test_each_stay_is_a_row(storage: Storage) -> None:
    """LOG G1: from_seq to to_seq and nothing else."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    room = await group(storage, lina, wang)
    left = await leave(storage, room, wang)
    back = await join(storage, room, wang)
    found = await storage.read(lambda read: read.all(STAYS, conversation=room))
    assert sorted(tuple(row) for row in found) == sorted([(lina.id, 1, None), (wang.id, 1, left), (wang.id, back, None)])
    place = await storage.read(lambda read: find(read, room))
    assert place is not None
    assert await storage.read(lambda read: open_stays(read, place)) == {lina.id: 1, wang.id: back}
    await check(storage)


async def test_dissolving_is_a_flag_and_touches_no_stay(storage: Storage) -> None:
    """LOG G2: the head never moves again."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    room = await group(storage, lina, wang)

    async def act(work: Work) -> None:
        place = await find(work, room)
        assert place is not None
        ledger = Ledger(work, place)
        await ledger.note(note("dissolved"), by=lina.id, salt=b"s" * 16)
        await ledger.close()
        await work.run(DISSOLVE, id=room, set_dissolved=True)

    await storage.transact(act)
    desk = Desk(storage)
    answers = await desk.put(send(lina, room, "still here?"), react(lina, room, 1))
    assert [type(answer) for answer in answers] == [ConversationDissolved] * 2
    book = await check(storage)
    assert book.conversations[room]["head"] == 2
    assert {held[-1][1] for held in book.stays.values()} == {None}


async def test_system_notes_are_appended_by_the_same_rules(storage: Storage) -> None:
    """LOG C2: seq, running numbers, head, place, feed entry; silent, and for nobody unread."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    room = await group(storage, lina, wang)
    desk = Desk(storage)
    await desk.put(send(lina, room, "one"))
    await leave(storage, room, wang)
    await desk.put(send(lina, room, "two"))
    book = await check(storage)
    assert [(row["kind"], row["countable"]) for row in book.of(room)] == [("note", 0), ("text", 1), ("note", 1), ("text", 2)]


async def test_a_stay_cannot_begin_before_messages_that_are_not_counted(storage: Storage) -> None:
    """LOG H1: the new mark's numbers are those of the seq before it."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    room = await group(storage, lina)
    desk = Desk(storage)
    await desk.put(send(lina, room, "one"))

    async def act(work: Work) -> None:
        place = await find(work, room)
        assert place is not None
        await Ledger(work, place).join([(wang.company, wang.id)], 1)

    with pytest.raises(AssertionError, match="numbers"):
        await storage.transact(act)


# ---- numbers


async def test_who_comes_back_has_nothing_unread_of_what_he_missed(storage: Storage) -> None:
    """LOG H1: a new stay sets the mark to the seq before it."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    room = await group(storage, lina, wang)
    desk = Desk(storage)
    await desk.put(send(lina, room, "unread"))
    await leave(storage, room, wang)
    await desk.put(naming(lina, room, wang), naming(lina, room, everybody=True))
    back = await join(storage, room, wang)
    assert await state(storage, wang, room) == (back - 1, 0, 0)
    await desk.put(naming(lina, room, wang))
    assert await state(storage, wang, room) == (back - 1, 1, 1)
    await check(storage)


async def test_who_left_sees_the_counts_as_of_his_end(storage: Storage) -> None:
    """LOG H1: the end that the marks row took, not the head's."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    room = await group(storage, lina, wang)
    desk = Desk(storage)
    await desk.put(naming(lina, room, wang), send(lina, room, "two"), naming(lina, room, everybody=True))
    await leave(storage, room, wang)
    await desk.put(naming(lina, room, everybody=True), send(lina, room, "not for him"))
    assert await state(storage, wang, room) == (0, 3, 2)
    await desk.put(mark(wang, room, 99))
    assert await state(storage, wang, room) == (5, 0, 0)
    await check(storage)


async def test_a_recalled_message_counts_until_it_is_read(storage: Storage) -> None:
    """LOG H1."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    await desk.put(send(lina, talk, "a slip"))
    await desk.put(recall(lina, talk, 1))
    assert await state(storage, wang, talk) == (0, 1, 0)
    await desk.put(mark(wang, talk, 1))
    assert await state(storage, wang, talk) == (1, 0, 0)


async def test_a_message_that_mentions_by_name_and_all_counts_once(storage: Storage) -> None:
    """LOG H1."""
    lina, wang, zhao = await company(storage, "acme", "Li Na", "Wang", "Zhao")
    room = await group(storage, lina, wang)
    desk = Desk(storage)
    both = text("look", mentions=(to_wire(wang.id),), mention_all=True)
    await desk.put(send(lina, room, both, mentions=(wang.id,)), naming(lina, room, wang, zhao))
    assert await state(storage, wang, room) == (0, 2, 2)
    book = await check(storage)
    assert {member for member, _, _ in book.mentions} == {wang.id}  # who is not in it is not mentioned


async def test_a_mark_and_a_message_in_one_batch_agree(storage: Storage) -> None:
    """LOG H1: the mark at the head, while the same batch raises it."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    await desk.put(send(lina, talk, "one"))
    await desk.put(send(lina, talk, "two"), mark(wang, talk, 1))
    assert await state(storage, wang, talk) == (1, 1, 0)


async def test_marks_go_only_forward(storage: Storage) -> None:
    """LOG H3: the greatest of old and new, in whatever order they come."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)
    await desk.put(*(send(lina, talk, "hello") for _ in range(5)))
    await desk.put(mark(wang, talk, 4))
    await desk.put(mark(wang, talk, 2), mark(wang, talk, 3))
    assert await state(storage, wang, talk) == (4, 1, 0)


async def test_the_last_draft_wins_and_a_send_clears_it(storage: Storage) -> None:
    """LOG H4: in its transaction."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    desk = Desk(storage)

    async def drafted() -> str:
        found: str = await storage.read(lambda read: read.value(DRAFT, member=lina.id, conversation=talk))
        return found

    await desk.put(draft_of(lina, talk, "hel"), draft_of(lina, talk, "hello"), send(wang, talk, "hi"))
    assert await drafted() == "hello"
    await desk.put(send(lina, talk, "other", keep_draft=True))
    assert await drafted() == "hello"
    await desk.put(send(lina, talk, "hello"))
    assert await drafted() == ""
    await desk.put(draft_of(lina, talk, "again"), send(lina, talk, "again"), draft_of(lina, talk, "more"))
    assert await drafted() == "more"


# ---- all of it at random


@dataclass
class World:
    """What the marks and mentions must be, by the shortest reading of H1 and H2."""

    rows: dict[int, list[bool]] = field(default_factory=dict)  # of each conversation, whether its messages count
    read: dict[tuple[int, int], int] = field(default_factory=dict)
    begin: dict[tuple[int, int], int] = field(default_factory=dict)  # open stays
    end: dict[tuple[int, int], int] = field(default_factory=dict)
    named: set[tuple[int, int, int]] = field(default_factory=set)

    def append(self, conversation: int, *, counts: bool) -> int:
        self.rows[conversation].append(counts)
        return len(self.rows[conversation])

    def sent(self, entry: SendEntry, everybody: bool) -> int:
        key = (entry.conversation, entry.member)
        unread = sum(self.rows[entry.conversation][self.read[key] :])
        seq = self.append(entry.conversation, counts=True)
        if not unread:
            self.read[key] = seq
        if not everybody:
            self.named |= {(one, entry.conversation, seq) for one in entry.mentions if (entry.conversation, one) in self.begin}
        return seq

    def marked(self, conversation: int, member: int, seq: int) -> None:
        key = (conversation, member)
        last = len(self.rows[conversation]) if key in self.begin else self.end[key]
        self.read[key] = max(self.read[key], min(seq, last))


@pytest.mark.parametrize("seed", range(4))
async def test_unread_and_mentions_agree_with_a_count_from_scratch(storage: Storage, seed: int) -> None:
    """LOG H1, H2, H3, G1, A3: random batches of sends, mentions, marks, changes; people leave and come back."""
    dice = random.Random(seed)
    cast = await company(storage, "acme", "Li Na", "Wang", "Zhao", "Chen")
    room = await group(storage, *cast[:3])
    talk = await direct(storage, cast[0], cast[1])
    world = World(rows={room: [False], talk: []})
    for conversation, there in ((room, cast[:3]), (talk, cast[:2])):
        for actor in there:
            world.read[conversation, actor.id] = 0
            world.begin[conversation, actor.id] = 1
    desk = Desk(storage)
    for _ in range(40):
        if dice.random() < 0.2:
            await _somebody_moves(storage, dice, world, room, dice.choice(cast))
        else:
            await _a_batch(desk, dice, world, (room, talk), cast)
        found = await storage.read(lambda read: read.all(MARKS))
        assert {(row["conversation"], row["member"]): row["read"] for row in found} == world.read, f"seed {seed}"
    book = await check(storage)
    assert book.mentions == world.named, f"seed {seed}"


async def _somebody_moves(storage: Storage, dice: random.Random, world: World, room: int, actor: Actor) -> None:
    key = (room, actor.id)
    if key in world.begin:
        world.end[key] = await leave(storage, room, actor)
        assert world.append(room, counts=False) == world.end[key]
        del world.begin[key]
    else:
        world.begin[key] = await join(storage, room, actor)
        assert world.append(room, counts=False) == world.begin[key]
        world.read[key] = world.begin[key] - 1


async def _a_batch(desk: Desk, dice: random.Random, world: World, places: tuple[int, int], cast: list[Actor]) -> None:
    entries: list[Entry] = []
    expected: list[int | None] = []
    heads_before = {place: len(world.rows[place]) for place in places}
    for _ in range(dice.randint(1, 8)):
        conversation = dice.choice(places)
        actor = dice.choice([actor for actor in cast if (conversation, actor.id) in world.read])
        head = len(world.rows[conversation])
        present = (conversation, actor.id) in world.begin
        what = dice.random()
        if what < 0.4 and present:
            everybody = dice.random() < 0.2 and conversation == places[0]
            named = dice.sample(cast, dice.randint(0, 3)) if conversation == places[0] else []
            entry = naming(actor, conversation, *named, everybody=everybody)
            entries.append(entry)
            expected.append(world.sent(entry, everybody))
            continue
        if what < 0.8:
            seq = dice.choice([heads_before[conversation], head, dice.randint(0, head + 2)])
            entries.append(mark(actor, conversation, seq, dice.randint(0, head + 2)))
            world.marked(conversation, actor.id, seq)
        elif head:
            seq = dice.randint(1, head)
            makes = dice.choice([recall, pin, react, draft_of, edit])
            more = {recall: (seq,), pin: (seq,), react: (seq,), draft_of: ("dra",), edit: (seq, 1, "better")}[makes]
            entries.append(makes(actor, conversation, *more))  # type: ignore[operator]
        else:
            continue
        expected.append(None)
    answers = await desk.put(*entries)
    assert [answer.seq if isinstance(answer, SentOutcome) else None for answer in answers] == expected


async def test_the_count_from_scratch_is_no_copy_of_the_writers(storage: Storage) -> None:
    """The check sees a mark whose number is wrong."""
    lina, wang = await company(storage, "acme", "Li Na", "Wang")
    talk = await direct(storage, lina, wang)
    await Desk(storage).put(send(lina, talk, "one"), send(lina, talk, "two"))
    wrong = update_of(conversations, "countable", where=["id"])
    await storage.unit(lambda work: work.run(wrong, id=talk, set_countable=7))
    book = await Book.read(storage)
    with pytest.raises(AssertionError, match="H1"):
        book.check()
