"""A member's frequent contacts and own contact groups, as he keeps them, and whom he talked with last (SPEC G4).

Rows that are removed stay, with a new place (LOG E1); whoever is in a group is a contact. What becomes of all this when a member goes is
``storage.contacts``.
"""

from collections.abc import Collection, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from storage.schema.accounts import members
from storage.schema.contacts import contact_group_entries, contact_groups, contacts
from storage.schema.conversations import conversations, marks
from storage.statements import any_of, column, insert_into, statement, update_of
from storage.work import Read, Work

_c, _g, _e, _m, _k, _v = contacts.c, contact_groups.c, contact_group_entries.c, members.c, marks.c, conversations.c


class Contact(msgspec.Struct, frozen=True):
    id: int
    remark: str
    sort: int
    removed: bool
    place: int


class Group(msgspec.Struct, frozen=True):
    id: int
    name: str
    sort: int
    removed: bool
    place: int


class Entry(msgspec.Struct, frozen=True):
    """A contact in a group."""

    group: int
    contact: int
    sort: int
    removed: bool
    place: int


class Known(msgspec.Struct, frozen=True):
    """What is shown of a contact beside what his owner keeps of him."""

    id: int
    company: int
    kind: str
    state: str
    name: str


class Recent(msgspec.Struct, frozen=True):
    """The other of a direct conversation in which somebody wrote; ``at``: when for the last time, in milliseconds."""

    conversation: int
    at: int
    member: int
    kind: str
    state: str
    name: str


_MINE = (_c.company == column("company"), _c.member == column("member"))
_MY_GROUPS = (_g.company == column("company"), _g.member == column("member"))
_MY_ENTRIES = (_e.company == column("company"), _e.member == column("member"))
_SINCE = column("since")
CONTACTS = statement(
    sa.select(_c.contact, _c.remark, _c.sort, _c.removed, _c.place)
    .where(*_MINE, sa.or_(~_c.removed, _c.place > _SINCE))
    .order_by(_c.sort, _c.contact)
)
GROUPS = statement(
    sa.select(_g.id, _g.name, _g.sort, _g.removed, _g.place)
    .where(*_MY_GROUPS, sa.or_(~_g.removed, _g.place > _SINCE))
    .order_by(_g.sort, _g.id)
)
ENTRIES = statement(
    sa.select(_e.contact_group, _e.contact, _e.sort, _e.removed, _e.place)
    .join(contact_groups, sa.and_(_g.company == _e.company, _g.member == _e.member, _g.id == _e.contact_group))
    .where(*_MY_ENTRIES, ~_g.removed, sa.or_(~_e.removed, _e.place > _SINCE))
    .order_by(_e.sort, _e.contact)
)
KNOWN = statement(sa.select(_m.id, _m.company, _m.kind, _m.state, _m.name).where(any_of(_m.id, "members")))
CONTACT = statement(sa.select(_c.contact, _c.remark, _c.sort, _c.removed, _c.place).where(*_MINE, _c.contact == column("contact")))
MADE = statement(
    sa.select(_g.id, _g.made_as).where(_g.company == column("company"), _g.member == column("member"), _g.client_id == column("client_id"))
)
GROUP = statement(sa.select(_g.id, _g.name, _g.sort, _g.removed, _g.place).where(*_MY_GROUPS, _g.id == column("group")))
INSERT = insert_into(contacts, "company", "member", "contact", "remark", "sort", "added_at", "place")
SAVE = update_of(contacts, "remark", "sort", "removed", "place", where=["company", "member", "contact"])
SET_SORT = update_of(contacts, "sort", "place", where=["company", "member", "contact"])
INSERT_GROUP = insert_into(contact_groups, "company", "member", "id", "client_id", "made_as", "name", "sort", "place")
SAVE_GROUP = update_of(contact_groups, "name", "sort", "removed", "place", where=["company", "member", "id"])
SET_GROUP_SORT = update_of(contact_groups, "sort", "place", where=["company", "member", "id"])
INSERT_ENTRY = insert_into(contact_group_entries, "company", "member", "contact_group", "contact", "sort", "place")
SAVE_ENTRY = update_of(contact_group_entries, "sort", "removed", "place", where=["company", "member", "contact_group", "contact"])
ENTRY = statement(
    sa.select(_e.contact_group, _e.contact, _e.sort, _e.removed, _e.place).where(
        *_MY_ENTRIES, _e.contact_group == column("group"), _e.contact == column("contact")
    )
)
DROP_ENTRIES_OF_GROUP = statement(sa.delete(contact_group_entries).where(*_MY_ENTRIES, _e.contact_group == column("group")))
DROP_ENTRIES_OF_CONTACT = statement(sa.delete(contact_group_entries).where(*_MY_ENTRIES, _e.contact == column("contact")))
FOLLOWERS = statement(sa.select(_c.member).where(_c.contact == column("contact"), _c.company == column("company"), ~_c.removed))
FOLLOWED = statement(sa.select(_c.contact).where(*_MINE, ~_c.removed))
WHO_HAS = statement(sa.select(_c.member).where(any_of(_c.contact, "contacts"), ~_c.removed).distinct())
_other = sa.case((_v.direct_low == _k.member, _v.direct_high), else_=_v.direct_low)
RECENT = statement(
    sa.select(_v.id, _v.last_at, _m.id, _m.kind, _m.state, _m.name)
    .select_from(marks)
    .join(conversations, _v.id == _k.conversation)
    .join(members, _m.id == _other)
    .where(
        _k.company == column("company"),
        _k.member == column("member"),
        _v.kind == sa.literal_column("'direct'"),
        _v.head > sa.literal_column("0"),
        _v.direct_low != _v.direct_high,
        _m.state != sa.literal_column("'deleted'"),
        sa.tuple_(_v.last_at, _v.id) < sa.tuple_(sa.bindparam("at", type_=_v.last_at.type), sa.bindparam("behind", type_=_v.id.type)),
    )
    .order_by(_v.last_at.desc(), _v.id.desc())
    .limit(column("limit"))
)
NEVER = (1 << 63) - 1


# ---- reading


async def of(read: Read, company: int, member: int, since: int = NEVER) -> list[Contact]:
    """His contacts in their order, with those that were removed after the position ``since``."""
    rows = await read.all(CONTACTS, company=company, member=member, since=since)
    return [Contact(id, remark, sort, bool(removed), place) for id, remark, sort, removed, place in rows]


async def groups_of(read: Read, company: int, member: int, since: int = NEVER) -> list[Group]:
    rows = await read.all(GROUPS, company=company, member=member, since=since)
    return [Group(id, name, sort, bool(removed), place) for id, name, sort, removed, place in rows]


async def entries_of(read: Read, company: int, member: int, since: int = NEVER) -> list[Entry]:
    """Of groups that are there."""
    rows = await read.all(ENTRIES, company=company, member=member, since=since)
    return [Entry(group, contact, sort, bool(removed), place) for group, contact, sort, removed, place in rows]


async def known(read: Read, wanted: Sequence[int]) -> Mapping[int, Known]:
    return {row[0]: Known(*row) for row in await read.all(KNOWN, members=wanted)} if wanted else {}


async def find(read: Read, company: int, member: int, contact: int) -> Contact | None:
    """Also one that was removed."""
    row = await read.one(CONTACT, company=company, member=member, contact=contact)
    return None if row is None else Contact(row[0], row[1], row[2], bool(row[3]), row[4])


async def find_group(read: Read, company: int, member: int, group: int) -> Group | None:
    """Also one that was deleted."""
    row = await read.one(GROUP, company=company, member=member, group=group)
    return None if row is None else Group(row[0], row[1], row[2], bool(row[3]), row[4])


async def made_by(read: Read, company: int, member: int, client_id: bytes) -> tuple[int, str] | None:
    """The group that this wish made, and the name that it wished."""
    row = await read.one(MADE, company=company, member=member, client_id=client_id)
    return None if row is None else (row[0], row[1])


async def find_entry(read: Read, company: int, member: int, group: int, contact: int) -> Entry | None:
    row = await read.one(ENTRY, company=company, member=member, group=group, contact=contact)
    return None if row is None else Entry(row[0], row[1], row[2], bool(row[3]), row[4])


async def followed(read: Read, company: int, member: int) -> list[int]:
    """Whom he has among his contacts, in no order."""
    return [row[0] for row in await read.all(FOLLOWED, company=company, member=member)]


async def followers(read: Read, company: int, contact: int) -> list[int]:
    """Colleagues who have ``contact`` among theirs, whoever may know of it."""
    return [row[0] for row in await read.all(FOLLOWERS, company=company, contact=contact)]


async def who_has(read: Read, wanted: Collection[int]) -> list[int]:
    """Members who have one of ``wanted`` among their contacts."""
    return [row[0] for row in await read.all(WHO_HAS, contacts=sorted(wanted))]


async def recent(read: Read, company: int, member: int, before: tuple[int, int], limit: int) -> list[Recent]:
    """The last one first, those behind (time, conversation)."""
    rows = await read.all(RECENT, company=company, member=member, at=before[0], behind=before[1], limit=limit)
    return [Recent(*row) for row in rows]


# ---- writing


async def save(work: Work, company: int, member: int, contact: Contact, *, is_new: bool) -> None:
    key = {"company": company, "member": member, "contact": contact.id}
    if is_new:
        row = {"remark": contact.remark, "sort": contact.sort, "added_at": work.now, "place": work.position}
        await work.run(INSERT, **key, **row)
        return
    now = {"remark": contact.remark, "sort": contact.sort, "removed": contact.removed, "place": work.position}
    await work.run(SAVE, **key, **{f"set_{name}": value for name, value in now.items()})


async def leave_groups(work: Work, company: int, member: int, contact: int) -> None:
    """Nobody has to be told: who is no contact is in no group."""
    await work.run(DROP_ENTRIES_OF_CONTACT, company=company, member=member, contact=contact)


async def set_sorts(work: Work, company: int, member: int, sorts: Mapping[int, int]) -> None:
    key = {"company": company, "member": member, "set_place": work.position}
    await work.many(SET_SORT, [{**key, "contact": one, "set_sort": sort} for one, sort in sorts.items()])


async def make_group(work: Work, company: int, member: int, group: int, client_id: bytes, name: str, sort: int) -> None:
    row = {"id": group, "client_id": client_id, "made_as": name, "name": name, "sort": sort, "place": work.position}
    await work.run(INSERT_GROUP, company=company, member=member, **row)


async def save_group(work: Work, company: int, member: int, group: Group) -> None:
    now = {"name": group.name, "sort": group.sort, "removed": group.removed, "place": work.position}
    await work.run(SAVE_GROUP, company=company, member=member, id=group.id, **{f"set_{name}": value for name, value in now.items()})


async def empty_group(work: Work, company: int, member: int, group: int) -> None:
    """Nobody has to be told: a group that is gone has nobody in it."""
    await work.run(DROP_ENTRIES_OF_GROUP, company=company, member=member, group=group)


async def set_group_sorts(work: Work, company: int, member: int, sorts: Mapping[int, int]) -> None:
    key = {"company": company, "member": member, "set_place": work.position}
    await work.many(SET_GROUP_SORT, [{**key, "id": one, "set_sort": sort} for one, sort in sorts.items()])


async def save_entry(work: Work, company: int, member: int, entry: Entry, *, is_new: bool) -> None:
    key = {"company": company, "member": member, "contact_group": entry.group, "contact": entry.contact}
    if is_new:
        await work.run(INSERT_ENTRY, **key, sort=entry.sort, place=work.position)
    else:
        await work.run(SAVE_ENTRY, **key, set_sort=entry.sort, set_removed=entry.removed, set_place=work.position)


async def set_entry_sorts(work: Work, company: int, member: int, group: int, sorts: Mapping[int, int]) -> None:
    key = {"company": company, "member": member, "contact_group": group, "set_removed": False, "set_place": work.position}
    await work.many(SAVE_ENTRY, [{**key, "contact": one, "set_sort": sort} for one, sort in sorts.items()])
