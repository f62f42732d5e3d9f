"""The database of the town: people, units and sessions are made by the product's own code; conversations and messages by bulk inserts
with the writer's own statement, as the writer would have left them, which ``verify`` checks.
"""

import os
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from protocol.bodies import TextBody, check_body
from protocol.ids import client_id_bytes, new_client_id, to_wire
from server.accounts.passwords import Passwords
from server.audit.service import operator
from server.clock import SystemClock
from server.companies.service import CompanyService, Newcomer
from server.config.model import SignIn
from server.messages.service import MessageService
from server.org.service import OrgService
from server.sessions.tokens import draw_token, stored
from server.sync.tokens import Seal
from storage import installation, sessions
from storage.draw import draw_id
from storage.engine import Storage, connect
from storage.feed import HEAD, Payload, encode_payload
from storage.migrate import migrate
from storage.schema.accounts import members
from storage.sessions import NewSession
from storage.sqlite import CACHE_KIB
from storage.statements import statement
from storage.work import Work
from storage.writer.sqlite import INSERT_FEED, INSERT_MESSAGE
from tests.bench import town
from tests.bench.town import BATCH, DAY_MS, DAYS, LIGHT, PEOPLE, Talk

UNITS = 20
PIECE = 400
SENTENCES = (
    "Shall we go over the plan once more before lunch?",
    "午饭之前再看一遍计划吧,下午三点要交给客户。",
    "The invoice for October is in the folder, please check the third line.",
    "好的,收到。",
    "Can you move tomorrow's meeting to eleven? The room on the second floor is taken until then.",
    "会议室已经订好了,二楼东边那间,别忘了带上投影仪的转接头。",
)
ACCOUNTS = statement(sa.select(members.c.id, members.c.account))
CONVERSATION = """INSERT INTO conversations (id, home, kind, name, direct_low, direct_high, head, countable, last_at, place, created_at)
 VALUES (?,?,'direct','',?,?,?,?,?,?,?)"""
STAY = "INSERT INTO stays (home, conversation, member, from_seq) VALUES (?,?,?,1)"
MARKS = """INSERT INTO marks (company, member, conversation, read, read_countable, delivered, is_open, place) VALUES (?,?,?,?,?,?,?,?)"""


class Town(msgspec.Struct):
    """What a run must know of the database: who can sign in, and where they talk; all as it is on the wire."""

    tokens: list[str]
    pairs: list[tuple[str, int, int, int]]
    """(conversation, head, one, other): the people's places in ``tokens``."""
    nothing_new: str
    since_last_night: str
    since_the_news: str
    messages: int
    conversations: int

    @property
    def told(self) -> str:
        return f"{self.messages:,} messages in {self.conversations:,} conversations"


async def make(path: Path) -> Town:
    url = f"sqlite:///{path}"
    clock = SystemClock()
    await migrate(url)
    storage = await connect(url, now=clock.now)
    try:
        company, people = await _people(storage, clock)
        tokens = await open_sessions(storage, company, people)
        first_position: int = await storage.read(lambda read: read.value(HEAD))
        secrets = await storage.read(installation.secrets)
    finally:
        await storage.close()
    talks = town.talks()
    positions = fill(path, company, people, talks, first_position, clock.now())
    await verify(url, company, people, talks)
    seal = Seal(secrets.token_key, secrets.epoch)
    return Town(
        tokens=tokens,
        pairs=[(to_wire(talk.id), talk.head, talk.one, talk.other) for talk in town.pairs(talks)],
        since_last_night=seal.token(positions["old"]),
        since_the_news=seal.token(positions["night"]),
        nothing_new=seal.token(positions["news"]),
        messages=sum(talk.messages for talk in talks),
        conversations=len(talks),
    )


# ---- by the product's own code


async def _people(storage: Storage, clock: SystemClock) -> tuple[int, list[int]]:
    passwords = Passwords(SignIn(argon2_memory_kib=8192, argon2_time=1), clock)
    companies = CompanyService(storage, passwords, device_policy="any")
    actor = operator("bench")
    try:
        company = await companies.create(actor, "bench", name="Bench", short_name="Bench", seats=2 * PEOPLE, first_number=100_001)
        await OrgService(storage).set_limits(actor, "bench", root_units=None, unit_members=PEOPLE)
        units = [await companies.add_unit(actor, "bench", f"Unit {nth}") for nth in range(UNITS)]
        everybody = [Newcomer(name=f"Person {nth}", job_title="Engineer", units=(units[nth % UNITS],)) for nth in range(PEOPLE)]
        added = await companies.add_many(actor, "bench", everybody, password="correct horse 42", must_change=False)
    finally:
        passwords.close()
    return company.id, [one.member for one in added]


async def open_sessions(storage: Storage, company: int, people: list[int]) -> list[str]:
    """A session for everybody, opened without a password: rows as ``sessions.insert`` writes them."""
    tokens = [draw_token(draw_id()) for _ in people]
    accounts: dict[int, int] = {row[0]: row[1] for row in await storage.read(lambda read: read.all(ACCOUNTS))}
    for first in range(0, len(people), PIECE):

        async def some(work: Work, first: int = first) -> None:
            for nth in range(first, min(first + PIECE, len(people))):
                new = NewSession(
                    id=tokens[nth].session,
                    member=people[nth],
                    company=company,
                    account=accounts[people[nth]],
                    device=f"bench-device-{nth}",
                    device_class="desktop",
                    device_name="bench",
                    client="bench/1.0",
                    address="127.0.0.1",
                    token_hash=stored(tokens[nth].secret),
                )
                await sessions.insert(work, new)

        await storage.unit(some)
    return [str(token) for token in tokens]


# ---- in bulk


def fill(path: Path, company: int, people: list[int], talks: list[Talk], first_position: int, now: int) -> dict[str, int]:
    """Gives the positions at the end of the old days, of the night and of the news."""
    draw = random.Random(2026)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute(f"PRAGMA cache_size = -{16 * CACHE_KIB}")
    connection.execute("BEGIN")
    for talk in talks:
        talk.id = draw_id()
    position, positions = first_position, {}
    began = now - DAYS * DAY_MS
    for count, until in (("old", now - DAY_MS), ("night", now - 2 * 3600 * 1000), ("news", now - 3600 * 1000)):
        order = town.order(talks, count, draw)
        rows = _messages(order, talks, people, company, count, position, began, until, draw)
        connection.executemany(INSERT_MESSAGE, rows)
        position = positions[count] = position + -(-len(order) // BATCH)
        began = until
    for talk in talks:
        low, high = sorted((people[talk.one], people[talk.other]))
        head = (talk.head, talk.head, talk.last_at, talk.place, talk.first_at)
        connection.execute(CONVERSATION, (talk.id, company, low, high, *head))
        for person in (talk.one, talk.other):
            read = talk.read.get(person, talk.head)
            place = talk.place if read == talk.head else talk.old_place
            connection.execute(STAY, (company, talk.id, people[person]))
            connection.execute(MARKS, (company, people[person], talk.id, read, read, read, person == talk.one, place))
    connection.execute(INSERT_FEED, (position, os.urandom(16), now, encode_payload(Payload())))
    connection.execute("DELETE FROM feed WHERE position < ?", (position,))  # as after ten minutes (LOG D3)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return positions


def _messages(
    order: list[int], talks: list[Talk], people: list[int], company: int, count: str, position: int, began: int, until: int, draw: Any
) -> Iterator[tuple[Any, ...]]:
    """Rows in the order of their coming, as ``INSERT_MESSAGE`` takes them; raises the talks' heads and places."""
    bodies = [check_body(TextBody(text=f"{one} {two}")).canonical for one in SENTENCES for two in SENTENCES]
    step = (until - began) / max(len(order), 1)
    choice, chance, urandom = draw.choice, draw.random, os.urandom
    for nth, which in enumerate(order):
        talk = talks[which]
        talk.head = seq = talk.head + 1
        talk.last_at = at = int(began + nth * step)
        talk.place = position + 1 + nth // BATCH
        if count == "old":
            sender = talk.one if seq == 1 or chance() < 0.5 else talk.other
            talk.first_at = talk.first_at or at
            talk.old_place = talk.place
        else:  # the other one wrote, and nobody has read it
            sender = talk.other if count == "night" else talk.one
            talk.read.setdefault(talk.one if count == "night" else talk.other, seq - 1)
        member = people[sender]
        client_id = client_id_bytes(new_client_id(at, urandom(10)))
        yield company, talk.id, seq, member, client_id, "text", choice(bodies), urandom(16), at, seq, 0, 0, None, None


async def verify(url: str, company: int, people: list[int], talks: list[Talk]) -> None:
    """Heads, seqs and running numbers agree everywhere; a sample is read as its people read it. Raises: AssertionError."""
    storage = await connect(url, now=SystemClock().now)
    try:
        service = MessageService(storage)
        for nth in (0, 1, town.MISSED, LIGHT * town.LIGHT_REACH, len(talks) - 1):
            talk = talks[nth]
            for person in (talk.one, talk.other):
                page = await service.history(company, people[person], talk.id, after=0, before=None, around=None, limit=200)
                assert [row.seq for row in page.rows] == list(range(1, min(talk.head, 200) + 1)), "history"
    finally:
        await storage.close()
    connection = sqlite3.connect(url.split("///", 1)[1])
    wrong = connection.execute(
        """SELECT count(*) FROM (SELECT c.id FROM conversations c JOIN messages m ON m.home = c.home AND m.conversation = c.id
         GROUP BY c.id HAVING max(m.seq) <> c.head OR count(*) <> c.head OR max(m.countable) <> c.countable OR max(m.sent_at) <> c.last_at
         OR sum(m.countable <> m.seq) > 0)"""
    ).fetchone()[0]
    assert not wrong, f"{wrong} conversations whose heads are not those of their messages"
    head, last = connection.execute("SELECT max(place), (SELECT max(position) FROM feed) FROM conversations").fetchone()
    connection.close()
    assert head == last, "a place behind the feed"
