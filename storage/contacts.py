"""Frequent contacts and own contact groups (SPEC G4): what becomes of them when a member goes or his number is handed on.

Rows that are removed stay with a new place, so that other devices hear of it. What members do themselves is ``storage.contact_lists``.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from storage.schema.contacts import contact_group_entries, contact_groups, contacts
from storage.statements import any_of, column, insert_into, rows_of, statement
from storage.work import Work

PIECE = 100
_c, _g, _e = contacts.c, contact_groups.c, contact_group_entries.c
OWN = [
    statement(
        sa.select(key).where(table.c.company == column("company"), table.c.member == column("member")).distinct().limit(column("limit"))
    )
    for table, key in ((contacts, _c.contact), (contact_groups, _g.id), (contact_group_entries, _e.contact))
]
DROP_OWN = [
    statement(sa.delete(table).where(table.c.company == column("company"), table.c.member == column("member"), any_of(key, "keys")))
    for table, key in ((contacts, _c.contact), (contact_groups, _g.id), (contact_group_entries, _e.contact))
]
HAND_ON = [
    statement(
        sa.update(table)
        .values(member=column("to"), place=column("position"))
        .where(table.c.company == column("company"), table.c.member == column("member"), any_of(key, "keys"))
    )
    for table, key in ((contacts, _c.contact), (contact_groups, _g.id), (contact_group_entries, _e.contact))
]
HAS = statement(sa.select(_c.contact).where(_c.company == column("company"), _c.member == column("member"), any_of(_c.contact, "keys")))
POINTING = statement(
    sa.select(_c.company, _c.member, _c.remark, _c.sort, _c.added_at)
    .where(_c.contact == column("contact"), ~_c.removed)
    .limit(column("limit"))
)
POINTING_GROUPED = statement(
    sa.select(_e.company, _e.member, _e.contact_group, _e.sort).where(_e.contact == column("contact"), ~_e.removed).limit(column("limit"))
)
REMOVE = statement(
    sa.update(contacts)
    .values(removed=sa.true(), place=column("position"))
    .where(_c.contact == column("contact"), rows_of((_c.company, _c.member), ("companies", "members")))
)
REMOVE_GROUPED = statement(
    sa.update(contact_group_entries)
    .values(removed=sa.true(), place=column("position"))
    .where(_e.contact == column("contact"), rows_of((_e.company, _e.member, _e.contact_group), ("companies", "members", "groups")))
)
KNOWN = statement(
    sa.select(_c.company, _c.member).where(_c.contact == column("contact"), rows_of((_c.company, _c.member), ("companies", "members")))
)
KNOWN_GROUPED = statement(sa.select(_e.contact_group).where(_e.contact == column("contact"), any_of(_e.contact_group, "groups")))
INSERT = insert_into(contacts, "company", "member", "contact", "remark", "sort", "added_at", "place")
INSERT_GROUPED = insert_into(contact_group_entries, "company", "member", "contact_group", "contact", "sort", "place")


async def drop_own(work: Work, company: int, member: int) -> bool:
    """A piece of all that he added; False where nothing is left."""
    for own, drop in zip(OWN, DROP_OWN, strict=True):
        keys = [row[0] for row in await work.all(own, company=company, member=member, limit=PIECE)]
        if keys:
            await work.run(drop, company=company, member=member, keys=keys)
            return True
    return False


async def hand_on(work: Work, company: int, member: int, to: int) -> bool:
    """A piece of all that he added becomes that of ``to``, of the same company; False where nothing is left."""
    for own, change, drop in zip(OWN, HAND_ON, DROP_OWN, strict=True):
        keys = [row[0] for row in await work.all(own, company=company, member=member, limit=PIECE)]
        if not keys:
            continue
        if own is OWN[0] and (has := [row[0] for row in await work.all(HAS, company=company, member=to, keys=keys)]):
            await work.run(drop, company=company, member=member, keys=has)
            keys = sorted(set(keys) - set(has))
        await work.run(change, company=company, member=member, keys=keys, to=to, position=work.position)
        return True
    return False


async def forget(work: Work, contact: int, instead: int | None = None) -> bool:
    """A piece of others' entries that point at ``contact`` is removed, and points at ``instead``; False where nothing is left."""
    return await _forget_contacts(work, contact, instead) or await _forget_grouped(work, contact, instead)


async def _forget_contacts(work: Work, contact: int, instead: int | None) -> bool:
    rows = [tuple(row) for row in await work.all(POINTING, contact=contact, limit=PIECE)]
    if not rows:
        return False
    whose = {"companies": [row[0] for row in rows], "members": [row[1] for row in rows]}
    await work.run(REMOVE, contact=contact, position=work.position, **whose)
    for member in whose["members"]:
        work.own(member, "contacts")
    if instead is not None:
        known = {tuple(row) for row in await work.all(KNOWN, contact=instead, **whose)}
        fresh = [row for row in rows if row[:2] not in known and row[1] != instead]
        await work.many(INSERT, [_entry(row, instead, work.position) for row in fresh])
    return True


def _entry(row: "Sequence[object]", contact: int, position: int) -> dict[str, object]:
    company, member, remark, sort, added_at = row
    key = {"company": company, "member": member, "contact": contact}
    return {**key, "remark": remark, "sort": sort, "added_at": added_at, "place": position}


async def _forget_grouped(work: Work, contact: int, instead: int | None) -> bool:
    rows = [tuple(row) for row in await work.all(POINTING_GROUPED, contact=contact, limit=PIECE)]
    if not rows:
        return False
    whose = {"companies": [row[0] for row in rows], "members": [row[1] for row in rows], "groups": [row[2] for row in rows]}
    await work.run(REMOVE_GROUPED, contact=contact, position=work.position, **whose)
    for member in dict.fromkeys(whose["members"]):
        work.own(member, "contacts")
    if instead is not None:
        known = {row[0] for row in await work.all(KNOWN_GROUPED, contact=instead, groups=whose["groups"])}
        fresh = [row for row in rows if row[2] not in known]
        names = ("company", "member", "contact_group", "sort")
        await work.many(
            INSERT_GROUPED, [{**dict(zip(names, row, strict=True)), "contact": instead, "place": work.position} for row in fresh]
        )
    return True
