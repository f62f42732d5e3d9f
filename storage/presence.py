"""Presence that is kept: members' choices, when others saw them last, and which sessions each node has (SPEC G1, G6; DESIGN 9).

Written without the turn, for nobody learns of it by the feed; two nodes touch rows in the same order. What it means is ``server.presence``.
"""

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from storage.schema.accounts import sessions
from storage.schema.contacts import contacts
from storage.schema.conversations import conversations
from storage.schema.presence import live_sessions, member_presence, presence_nodes
from storage.statements import Statement, any_of, column, statement
from storage.work import Read, Work

_p, _l, _n, _s, _k, _c = member_presence.c, live_sessions.c, presence_nodes.c, sessions.c, contacts.c, conversations.c


class Choice(msgspec.Struct, frozen=True):
    """What a member chose to be, in the numbers of the wire; ``chosen_at`` 0: he never did."""

    status: int = 1
    text: str = ""
    chosen_at: int = 0


NEVER = Choice()


class Chosen(msgspec.Struct, frozen=True):
    member: int
    company: int
    choice: Choice


class Live(msgspec.Struct, frozen=True):
    """A session that a node has."""

    session: int
    member: int
    company: int
    device_class: str


class Left(msgspec.Struct, frozen=True):
    """A session that some node had when it wrote last, at ``seen_at``, with its member's choice."""

    live: Live
    choice: Choice
    seen_at: int


def _upsert(table: str, columns: Sequence[str], key: str, unless: str = "") -> Statement:
    names, changes = ", ".join(columns), ", ".join(f"{name} = excluded.{name}" for name in columns if name != key)
    text = f"INSERT INTO {table} ({names}) VALUES ({{}}) ON CONFLICT ({key}) DO UPDATE SET {changes}{unless}"
    named = text.format(", ".join(f":{name}" for name in columns))
    numbered = text.format(", ".join(f"${place}" for place in range(1, len(columns) + 1)))
    return Statement(sqlite=named, postgres=numbered, order=columns)


CHOOSE = _upsert(
    "member_presence",
    ("member", "company", "status", "words", "chosen_at"),
    "member",
    " WHERE excluded.chosen_at >= member_presence.chosen_at",
)
SAW = _upsert(
    "member_presence", ("member", "company", "last_seen_at"), "member", " WHERE excluded.last_seen_at > member_presence.last_seen_at"
)
COME = _upsert("live_sessions", ("session", "node", "member", "company", "device_class"), "session")
BEAT = _upsert("presence_nodes", ("node", "seen_at"), "node")
GO = statement(sa.delete(live_sessions).where(_l.session == column("session"), _l.node == column("node")))
CHOICES = statement(sa.select(_p.member, _p.status, _p.words, _p.chosen_at).where(any_of(_p.member, "members")))
LAST_SEEN = statement(sa.select(_p.member, _p.last_seen_at).where(any_of(_p.member, "members"), _p.last_seen_at > sa.literal_column("0")))
LEFT = statement(
    sa.select(
        *(_l.session, _l.member, _l.company, _l.device_class),
        *(sa.func.coalesce(_p.status, sa.literal_column("1")), sa.func.coalesce(_p.words, sa.literal_column("''"))),
        *(sa.func.coalesce(_p.chosen_at, sa.literal_column("0")), sa.func.coalesce(_n.seen_at, sa.literal_column("0"))),
    )
    .select_from(live_sessions)
    .join(sessions, sa.and_(_s.id == _l.session, _s.ended_at.is_(None)))
    .outerjoin(member_presence, _p.member == _l.member)
    .outerjoin(presence_nodes, _n.node == _l.node)
    .where(_l.node != column("node"))
    .order_by(_l.session)
)
SWEEP = statement(sa.delete(live_sessions).where(_l.node.not_in(sa.select(_n.node).where(_n.seen_at >= column("before")))))
SWEEP_NODES = statement(sa.delete(presence_nodes).where(_n.seen_at < column("before")))
CONTACTS = statement(
    sa.select(_k.contact).where(_k.company == column("company"), _k.member == column("member"), any_of(_k.contact, "others"), ~_k.removed)
)
LOWER = statement(
    sa.select(_c.direct_low).where(_c.direct_high == column("member"), any_of(_c.direct_low, "others"), _c.head > sa.literal_column("0"))
)
HIGHER = statement(
    sa.select(_c.direct_high).where(_c.direct_low == column("member"), any_of(_c.direct_high, "others"), _c.head > sa.literal_column("0"))
)


# ---- choices, and when somebody was seen


async def choose(work: Work, chosen: Sequence[Chosen]) -> None:
    """The newest choice of each holds."""
    await work.many(
        CHOOSE,
        [
            {
                "member": one.member,
                "company": one.company,
                "status": one.choice.status,
                "words": one.choice.text,
                "chosen_at": one.choice.chosen_at,
            }
            for one in sorted(chosen, key=lambda one: one.member)
        ],
    )


async def choices(read: Read, members: Sequence[int]) -> dict[int, Choice]:
    """Of those who ever chose."""
    return {row[0]: Choice(row[1], row[2], row[3]) for row in await read.all(CHOICES, members=members)}


async def saw(work: Work, seen: Mapping[tuple[int, int], int]) -> None:
    """When others saw these, (company, member), last."""
    rows = [{"member": member, "company": company, "last_seen_at": at} for (company, member), at in seen.items()]
    await work.many(SAW, sorted(rows, key=lambda row: row["member"]))


async def last_seen(read: Read, members: Sequence[int]) -> dict[int, int]:
    """Of those who ever were seen."""
    return {row[0]: row[1] for row in await read.all(LAST_SEEN, members=members)}


# ---- which sessions are there


async def write_live(work: Work, node: str, come: Sequence[Live], gone: Sequence[int]) -> None:
    """What changed of a node's sessions since it wrote last; and that it is there."""
    await work.many(COME, [{"node": node, **msgspec.structs.asdict(one)} for one in sorted(come, key=lambda one: one.session)])
    await work.many(GO, [{"session": session, "node": node} for session in sorted(gone)])
    await work.run(BEAT, node=node, seen_at=work.now)


async def left(read: Read, node: str) -> list[Left]:
    """The sessions of other nodes, those that stopped too, but for whoever signed out meanwhile."""
    return [Left(Live(*row[:4]), Choice(*row[4:7]), row[7]) for row in map(tuple, await read.all(LEFT, node=node))]


async def sweep(work: Work, before: int) -> None:
    """Forget nodes that did not write since then, with their sessions."""
    await work.run(SWEEP, before=before)
    await work.run(SWEEP_NODES, before=before)


# ---- what ties a member to others


async def contacts_among(read: Read, company: int, member: int, others: Sequence[int]) -> set[int]:
    """Those of ``others`` whom the member has among his frequent contacts."""
    return {row[0] for row in await read.all(CONTACTS, company=company, member=member, others=others)}


async def directs_among(read: Read, member: int, others: Sequence[int]) -> set[int]:
    """Those of ``others`` with whom he has a direct conversation in which somebody wrote."""
    found = [*await read.all(LOWER, member=member, others=others), *await read.all(HIGHER, member=member, others=others)]
    return {row[0] for row in found}
