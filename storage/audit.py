"""Audit entries, written in the transaction of the act that they tell of (promise V6), and read page by page."""

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from storage.schema.audit import audit_entries
from storage.statements import column, insert_into, statement
from storage.work import Read, Work

_e = audit_entries.c
_encode = msgspec.msgpack.Encoder().encode


class Entry(msgspec.Struct, frozen=True):
    """Who did what. ``actor`` is a member's id, or None; ``details`` never hold a password or a code."""

    id: int
    company: int
    at: int
    actor_kind: str
    actor: int | None
    actor_name: str
    act: str
    outcome: str
    details: dict[str, Any]


INSERT = insert_into(audit_entries, "company", "position", "at", "actor_kind", "actor", "actor_name", "act", "outcome", "details")
PAGE = statement(
    sa.select(_e.id, _e.company, _e.at, _e.actor_kind, _e.actor, _e.actor_name, _e.act, _e.outcome, _e.details)
    .where(_e.company == column("company"), _e.id > column("after"))
    .order_by(_e.id)
    .limit(column("limit"))
)


_ACT: sa.BindParameter[str] = sa.bindparam("act", type_=sa.Text())
_NAME: sa.BindParameter[str] = sa.bindparam("name", type_=sa.Text())
_FILTERED = sa.select(_e.id, _e.company, _e.at, _e.actor_kind, _e.actor, _e.actor_name, _e.act, _e.outcome, _e.details).where(
    _e.company == column("company"),
    sa.func.substr(_e.act, 1, sa.func.length(_ACT)) == _ACT,
    sa.or_(sa.literal_column("''") == _NAME, _e.actor_name == _NAME, _e.actor == column("member")),
)
BEFORE = statement(_FILTERED.where(_e.id < column("before")).order_by(_e.id.desc()).limit(column("limit")))
BEHIND = statement(_FILTERED.where(_e.id > column("behind")).order_by(_e.id).limit(column("limit")))
NEWEST = (1 << 63) - 1


class Wanted(msgspec.Struct, frozen=True):
    """Which entries: of acts whose name begins so, by whoever has this name or is this member. What is empty holds nothing back."""

    act: str = ""
    name: str = ""
    member: int = 0


async def write(
    work: Work,
    company: int,
    act: str,
    *,
    actor_kind: str,
    actor_name: str,
    actor: int | None = None,
    outcome: str = "done",
    details: Mapping[str, Any],
) -> None:
    """The entry of this unit, which is in the turn; without one an administrative act fails."""
    await work.run(
        INSERT,
        company=company,
        position=work.position,
        at=work.now,
        actor_kind=actor_kind,
        actor=actor,
        actor_name=actor_name,
        act=act,
        outcome=outcome,
        details=_encode({name: _kept(value) for name, value in details.items()}),
    )
    work.entries += 1


def _kept(value: object) -> object:
    """What was asked for may be any number, and an entry of it is kept all the same: beyond 64 bits as text."""
    return str(value) if isinstance(value, int) and value.bit_length() > 63 else value


async def page(read: Read, company: int, after: int, limit: int) -> list[Entry]:
    """Entries of ``company`` behind the id ``after``, the oldest first."""
    rows = await read.all(PAGE, company=company, after=after, limit=limit)
    return [_entry(*row) for row in rows]


async def before(read: Read, company: int, wanted: Wanted, id: int, limit: int) -> list[Entry]:
    """The newest before the entry ``id``, the oldest of them first; ``NEWEST`` stands for the end."""
    rows = await read.all(BEFORE, company=company, before=id, limit=limit, **msgspec.structs.asdict(wanted))
    return [_entry(*row) for row in reversed(rows)]


async def behind(read: Read, company: int, wanted: Wanted, id: int, limit: int) -> list[Entry]:
    """Those behind the entry ``id``, the oldest first."""
    rows = await read.all(BEHIND, company=company, behind=id, limit=limit, **msgspec.structs.asdict(wanted))
    return [_entry(*row) for row in rows]


def _entry(*columns: Any) -> Entry:
    *rest, details = columns
    fields: Any = (*rest, msgspec.msgpack.decode(details))
    return Entry(*fields)
