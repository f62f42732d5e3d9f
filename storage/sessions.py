"""Sessions: rows of devices that are signed in; what ends one and who may resume is ``server.sessions`` (SPEC D2, DESIGN 13).

Ends are written in the turn, because every node must close the session's connections; rotations and last-seen times are not.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from storage.members import CARD, Card, card_of
from storage.schema.accounts import accounts, members, sessions
from storage.schema.companies import companies
from storage.statements import Row, any_of, column, insert_into, statement, update_of
from storage.work import Read, Work

_s, _m, _c, _a = sessions.c, members.c, companies.c, accounts.c


class OpenSession(msgspec.Struct, frozen=True):
    """A session that has not been ended; whether its time is up the rules say."""

    id: int
    member: int
    device: str
    device_class: str
    device_name: str
    client: str
    address: str
    created_at: int
    last_seen_at: int


class Resumable(msgspec.Struct, frozen=True):
    """All that decides about a resume, from one row: session, member, company and account.

    ``outdone``: the member has a newer session of the same device class, not idle for too long.
    """

    card: Card
    id: int
    device_class: str
    address: str
    created_at: int
    last_seen_at: int
    token_hash: bytes
    previous_hash: bytes | None
    rotated_at: int
    ended_at: int | None
    end_reason: str
    suspended: bool
    device_policy: str
    must_change_password: bool
    outdone: bool


class NewSession(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    member: int
    company: int
    account: int | None
    device: str
    device_class: str
    device_name: str
    client: str
    address: str
    token_hash: bytes


class Rotation(msgspec.Struct, frozen=True):
    """Hashes of tokens: ``found`` is the one that was read (else nothing is written), ``previous`` stays valid beside ``current``."""

    session: int
    found: bytes
    previous: bytes
    current: bytes


_newer = sessions.alias("newer")
_OUTDONE = (
    sa.exists()
    .where(
        _newer.c.member == _s.member,
        _newer.c.ended_at.is_(None),
        _newer.c.device_class == _s.device_class,
        _newer.c.id != _s.id,
        _newer.c.created_at > _s.created_at,
        _newer.c.last_seen_at > column("idle_since"),
    )
    .correlate(sessions)
)
_OPEN = (_s.id, _s.member, _s.device, _s.device_class, _s.device_name, _s.client, _s.address, _s.created_at, _s.last_seen_at)
_RESUMABLE = (
    sa.select(
        *CARD,
        *(_s.id, _s.device_class, _s.address, _s.created_at, _s.last_seen_at, _s.token_hash, _s.previous_hash, _s.rotated_at),
        *(_s.ended_at, _s.end_reason, _c.suspended, _c.device_policy, _a.must_change_password, _OUTDONE),
    )
    .select_from(sessions)
    .join(members, _m.id == _s.member)
    .join(companies, _c.id == _m.company)
    .outerjoin(accounts, _a.id == _s.account)
)
# a list costs SQLite 26 µs of its own, which a lonely resume need not pay
RESUMABLE = statement(_RESUMABLE.where(any_of(_s.id, "sessions")))
RESUMABLE_ALONE = statement(_RESUMABLE.where(_s.id == column("session")))
OPEN_OF_MEMBER = statement(
    sa.select(*_OPEN).where(_s.member == column("member"), _s.ended_at.is_(None)).order_by(_s.created_at.desc(), _s.id)
)
OPEN_OF_MEMBERS = statement(sa.select(_s.id).where(any_of(_s.member, "members"), _s.ended_at.is_(None)).order_by(_s.id))
OPEN_OF_ACCOUNT = statement(
    sa.select(*_OPEN)
    .join(members, _m.id == _s.member)
    .where(_m.account == column("account"), _s.ended_at.is_(None))
    .order_by(_s.created_at.desc(), _s.id)
)
OPEN = statement(sa.select(*_OPEN).where(_s.id == column("session"), _s.ended_at.is_(None)))
OWNER = statement(sa.select(_s.member, _s.company).where(_s.id == column("session")))
_BEGUN = sa.union_all(
    *(
        sa.select(_s.member, _s.created_at).where(any_of(_s.member, "members"), ended)
        for ended in (_s.ended_at.is_(None), _s.ended_at.is_not(None))  # each has its index
    )
).subquery()
LAST_SIGN_INS = statement(sa.select(_BEGUN.c.member, sa.func.max(_BEGUN.c.created_at)).group_by(_BEGUN.c.member))
ALIVE = statement(sa.select(_s.id).where(any_of(_s.id, "sessions"), _s.ended_at.is_(None)))
INSERT = insert_into(
    sessions,
    *("id", "member", "company", "account", "device", "device_class", "device_name", "client", "address"),
    *("created_at", "last_seen_at", "token_hash", "rotated_at"),
)
END = statement(
    sa.update(sessions)
    .values(ended_at=column("set_ended_at"), end_reason=column("set_end_reason"))
    .where(_s.id == column("session"), _s.ended_at.is_(None))
)
ROTATE = statement(
    sa.update(sessions)
    .values(token_hash=column("set_token_hash"), previous_hash=column("set_previous_hash"), rotated_at=column("set_rotated_at"))
    .where(_s.id == column("session"), _s.token_hash == column("found"), _s.ended_at.is_(None))
)
FORGET_PREVIOUS = update_of(sessions, "previous_hash", where=["id", "token_hash"])
SEEN = statement(
    sa.update(sessions)
    .values(last_seen_at=column("set_last_seen_at"), address=column("set_address"))
    .where(_s.id == column("session"), _s.last_seen_at < column("set_last_seen_at"))
)


async def resumable(read: Read, ids: Sequence[int], *, idle_since: int) -> Mapping[int, Resumable]:
    """The rows behind these sessions, ended ones too; one statement for all."""
    if len(ids) == 1:
        rows = await read.all(RESUMABLE_ALONE, session=ids[0], idle_since=idle_since)
    else:
        rows = await read.all(RESUMABLE, sessions=ids, idle_since=idle_since)
    return {row[len(CARD)]: _resumable(row) for row in rows}


def _resumable(row: Row) -> Resumable:
    *rest, suspended, policy, must_change, outdone = tuple(row)[len(CARD) :]
    fields: Any = (card_of(row), *rest, bool(suspended), policy, bool(must_change), bool(outdone))
    return Resumable(*fields)


async def open_of_member(read: Read, member: int) -> list[OpenSession]:
    """The newest first."""
    return [OpenSession(*row) for row in await read.all(OPEN_OF_MEMBER, member=member)]


async def open_of_account(read: Read, account: int) -> list[OpenSession]:
    """Those of all of the account's members."""
    return [OpenSession(*row) for row in await read.all(OPEN_OF_ACCOUNT, account=account)]


async def find_open(read: Read, session: int) -> OpenSession | None:
    row = await read.one(OPEN, session=session)
    return None if row is None else OpenSession(*row)


async def owner(read: Read, session: int) -> tuple[int, int] | None:
    """(member, company) of a session, also of an ended one."""
    row = await read.one(OWNER, session=session)
    return None if row is None else (row[0], row[1])


async def alive(read: Read, ids: Sequence[int]) -> set[int]:
    """Which of these have not been ended."""
    return {row[0] for row in await read.all(ALIVE, sessions=ids)}


async def last_sign_ins(read: Read, wanted: Sequence[int]) -> dict[int, int]:
    """When each of these members signed in last, by sessions that have ended, too; coming back by a session's token is none."""
    return {row[0]: row[1] for row in await read.all(LAST_SIGN_INS, members=wanted)}


async def insert(work: Work, new: NewSession) -> None:
    await work.run(INSERT, **msgspec.structs.asdict(new), created_at=work.now, last_seen_at=work.now, rotated_at=work.now)


async def end(work: Work, reasons: Mapping[int, str]) -> None:
    """End these sessions, each with its reason; in the turn, for every node closes their connections (SPEC D2)."""
    for session, reason in reasons.items():
        if await work.run(END, session=session, set_ended_at=work.now, set_end_reason=reason):
            work.session_gone(session, reason)


async def end_of_members(work: Work, wanted: Sequence[int], reason: str) -> None:
    """All open sessions of these members; in the turn, as ``end``."""
    found = [row[0] for row in await work.all(OPEN_OF_MEMBERS, members=wanted)]
    await work.many(END, [{"session": session, "set_ended_at": work.now, "set_end_reason": reason} for session in found])
    for session in found:
        work.session_gone(session, reason)


async def rotate(work: Work, rotations: Sequence[Rotation]) -> None:
    """The token before stays valid beside the new one. Two nodes that rotate the same token write the same."""
    await work.many(
        ROTATE,
        [
            {
                "session": one.session,
                "found": one.found,
                "set_token_hash": one.current,
                "set_previous_hash": one.previous,
                "set_rotated_at": work.now,
            }
            for one in rotations
        ],
    )


async def forget_previous(work: Work, used: Mapping[int, bytes]) -> None:
    """These sessions' new tokens were used: the ones before are worth nothing any more."""
    await work.many(
        FORGET_PREVIOUS, [{"id": session, "token_hash": current, "set_previous_hash": None} for session, current in used.items()]
    )


async def seen(work: Work, seen: Mapping[int, tuple[int, str]]) -> None:
    """When and from where each of these sessions was last there."""
    await work.many(SEEN, [{"session": session, "set_last_seen_at": at, "set_address": address} for session, (at, address) in seen.items()])
