"""What the visibility of two members hangs on: the way up from their units, rules that touch them, privacy, ties (SPEC B3, B6, B9).

Rows alone, and few of them however large the company is; what follows from them is ``server.visibility``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from storage.schema.accounts import members
from storage.schema.companies import units
from storage.schema.contacts import contacts
from storage.schema.conversations import conversations, marks, stays
from storage.schema.outside import outside_contacts, outside_requests
from storage.schema.visibility import field_privacy, unit_rule_parties, unit_rules
from storage.statements import any_of, column, statement
from storage.units import Unit
from storage.work import Read

_u, _r, _p, _f, _m, _c, _k = units.c, unit_rules.c, unit_rule_parties.c, field_privacy.c, members.c, conversations.c, contacts.c
_o, _q = outside_contacts.c, outside_requests.c


class Rule(msgspec.Struct, frozen=True):
    """A rule between units that is in force. ``parties``: (part, kind, party) of those that were asked for."""

    id: int
    kind: str
    may_search: bool
    may_write: bool
    parties: tuple[tuple[str, str, int], ...]


class Tied(msgspec.Struct, frozen=True):
    """What there is between a member and another. A direct conversation counts from its first message on."""

    is_contact: bool
    has_direct: bool
    has_shared: bool  # a group or discussion in which both were at the same time
    is_phone_private: bool  # the other one's
    last_seen_shown: str  # the other one's, nothing where there is no such member
    is_outside: bool  # an outside contact
    has_asked: bool  # the other one, to become one, after a given instant; nobody has answered


def _paths() -> sa.Select[Any]:
    """The root is always among them: who is in no unit sits there."""
    start = sa.select(_u.id, _u.parent).where(_u.company == column("company"), sa.or_(_u.parent.is_(None), any_of(_u.id, "units")))
    way = start.cte("way", recursive=True)
    above = units.alias("above")
    way = way.union(sa.select(above.c.id, above.c.parent).where(above.c.company == column("company"), above.c.id == way.c.parent))
    found = (_u.id, _u.parent, _u.name, _u.sort, _u.is_disabled, _u.is_hidden)
    return sa.select(*found).where(_u.company == column("company"), _u.id.in_(sa.select(way.c.id)))


def _shared() -> sa.Select[Any]:
    """By both members' marks rows, which are clustered by member: stays have no index by member (LOG G1)."""
    mine, theirs, my_stay, their_stay = (table.alias(name) for table, name in zip((marks, marks, stays, stays), "abcd", strict=True))
    same = _c.id == mine.c.conversation
    in_mine = sa.and_(my_stay.c.home == _c.home, my_stay.c.conversation == _c.id, my_stay.c.member == mine.c.member)
    in_theirs = sa.and_(their_stay.c.home == _c.home, their_stay.c.conversation == _c.id, their_stay.c.member == theirs.c.member)
    return (
        sa.select(_c.id)
        .select_from(theirs)
        .join(mine, mine.c.conversation == theirs.c.conversation)
        .join(conversations, same)
        .join(my_stay, in_mine)
        .join(their_stay, in_theirs)
        .where(
            mine.c.company == column("company"),
            mine.c.member == column("member"),
            theirs.c.company == column("other_company"),
            theirs.c.member == column("other"),
            _c.kind != "direct",
            sa.or_(my_stay.c.to_seq.is_(None), my_stay.c.to_seq >= their_stay.c.from_seq),
            sa.or_(their_stay.c.to_seq.is_(None), their_stay.c.to_seq >= my_stay.c.from_seq),
        )
    )


PATHS = statement(_paths())
_RULES = (
    sa.select(_r.id, _r.kind, _r.may_search, _r.may_write, _p.part, _p.kind.label("party_kind"), _p.party)
    .join(unit_rule_parties, sa.and_(_p.company == _r.company, _p.rule == _r.id))
    .where(_r.company == column("company"), ~_r.is_off)
    .order_by(_r.sort, _r.id)
)
RULES, RULES_THAT_NAME = statement(_RULES), statement(_RULES.where(any_of(_p.party, "parties")))
PRIVACY = statement(sa.select(_f.field, _f.shown).where(_f.company == column("company")))
CONTACT = sa.select(_k.contact).where(
    _k.company == column("company"), _k.member == column("member"), _k.contact == column("other"), ~_k.removed
)
DIRECT = sa.select(_c.id).where(_c.direct_low == column("low"), _c.direct_high == column("high"), _c.head > 0)
PRIVATE = sa.select(_m.id).where(_m.id == column("other"), _m.is_phone_private)
LAST_SEEN = sa.select(_m.last_seen_shown).where(_m.id == column("other")).scalar_subquery()
OUTSIDE = sa.select(_o.other).where(
    _o.company == column("company"), _o.member == column("member"), _o.other == column("other"), ~_o.removed
)
ASKED = sa.select(_q.id).where(
    _q.company == column("other_company"),
    _q.member == column("other"),
    _q.target == column("member"),
    _q.state == sa.literal_column("'waiting'"),
    _q.asked_at > column("after"),
)
TIED = statement(
    sa.select(
        *(sa.exists(CONTACT), sa.exists(DIRECT), sa.exists(_shared()), sa.exists(PRIVATE), LAST_SEEN),
        *(sa.exists(OUTSIDE), sa.exists(ASKED)),
    )
)


async def paths(read: Read, company: int, wanted: Sequence[int]) -> list[Unit]:
    """The root, these units, and all above them, in no order."""
    rows = await read.all(PATHS, company=company, units=wanted)
    return [
        Unit(id, parent, name, sort=sort, is_disabled=bool(disabled), is_hidden=bool(hidden))
        for id, parent, name, sort, disabled, hidden in rows
    ]


async def rules(read: Read, company: int, parties: Sequence[int] | None = None) -> list[Rule]:
    """The rules that are in force, in the order in which they are named. ``parties``: those that name one of these units or members,
    with what they say of these alone. A rule that names nobody is none.
    """
    if parties is None:
        rows = await read.all(RULES, company=company)
    else:
        rows = await read.all(RULES_THAT_NAME, company=company, parties=parties)
    made: dict[int, Rule] = {}
    parties_of: dict[int, list[tuple[str, str, int]]] = {}
    for id, kind, may_search, may_write, *party in rows:
        made[id] = Rule(id, kind, bool(may_search), bool(may_write), ())
        parties_of.setdefault(id, []).append((party[0], party[1], party[2]))
    return [msgspec.structs.replace(rule, parties=tuple(parties_of[rule.id])) for rule in made.values()]


async def privacy(read: Read, company: int) -> Mapping[str, str]:
    """The fields for which the company has a rule: shown, own_unit or hidden."""
    return {row[0]: row[1] for row in await read.all(PRIVACY, company=company)}


async def tied(read: Read, one: tuple[int, int], other: tuple[int, int], *, after: int) -> Tied:
    """What there is between ``one`` and ``other``, each (company, member); also where there is no such member.

    ``after``: the instant since which a request to become contacts waits.
    """
    (company, member), (other_company, target) = one, other
    row = await read.one(
        TIED,
        company=company,
        member=member,
        other_company=other_company,
        other=target,
        after=after,
        low=min(member, target),
        high=max(member, target),
    )
    assert row is not None
    return Tied(bool(row[0]), bool(row[1]), bool(row[2]), bool(row[3]), row[4] or "", bool(row[5]), bool(row[6]))
