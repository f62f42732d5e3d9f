"""A small company whose members leave: what they know and are in, and what is said to administrators."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from server.companies.newcomers import Added
from server.conversations.service import ConversationService
from server.org.loading import organisation
from server.org.organisation import Organisation
from storage import companies, heads, people, roles
from storage.conversations import find, open_stays, system_of
from storage.messages import between
from storage.schema.accounts import members as member_rows
from storage.schema.contacts import contact_group_entries, contact_groups, contacts
from storage.statements import insert_into, statement, update_of
from storage.work import Read, Work
from tests.support.office import Office

SET_ROLE = update_of(member_rows, "role", where=["id"])
ADD_CONTACT = insert_into(contacts, "company", "member", "contact", "remark", "added_at")
ADD_GROUP = insert_into(contact_groups, "company", "member", "id", "name")
ADD_GROUPED = insert_into(contact_group_entries, "company", "member", "contact_group", "contact")
_c, _e = contacts.c, contact_group_entries.c
CONTACTS = statement(sa.select(_c.member, _c.contact, _c.remark).where(~_c.removed).order_by(_c.member, _c.contact))
GROUPED = statement(sa.select(_e.member, _e.contact_group, _e.contact).where(~_e.removed).order_by(_e.member, _e.contact))
PLACES = statement(sa.select(_c.place).where(_c.removed))


async def number_of(office: Office, company: str = "acme") -> int:
    found = await office.storage.read(lambda read: companies.find(read, company))
    assert found is not None
    return found.id


async def picture(office: Office) -> Organisation:
    number = await number_of(office)
    return await office.storage.read(lambda read: organisation(read, number, lambda name, pinyin: pinyin or name.lower()))


async def trio(office: Office) -> list[Added]:
    await office.company("acme", seats=5)
    return [await office.member("acme", name) for name in ("Li Na", "Wang", "Zhao")]


async def groups(office: Office, who: list[Added], count: int) -> list[int]:
    company = await number_of(office)
    service = ConversationService(office.storage)
    everybody = [(company, one.member) for one in who]
    return [await service.create(everybody[0], everybody[1:], name=f"Group {nth}") for nth in range(count)]


async def inside(office: Office, conversation: int) -> set[int]:
    async def look(read: Read) -> set[int]:
        place = await find(read, conversation)
        assert place is not None
        return set(await open_stays(read, place))

    return await office.storage.read(look)


async def notes(office: Office, conversation: int) -> list[bytes]:
    async def look(read: Read) -> list[bytes]:
        place = await find(read, conversation)
        assert place is not None
        return [row.body for row in await between(read, place.home, conversation, 2, place.head) if row.body]

    return await office.storage.read(look)


async def run(office: Office, *rows: tuple[Any, dict[str, Any]]) -> None:
    async def act(work: Work) -> None:
        for what, values in rows:
            await work.run(what, **values)

    await office.storage.transact(act)


async def knows(office: Office, who: int, *others: int) -> None:
    company = await number_of(office)
    rows = [{"company": company, "member": who, "contact": one, "remark": f"of {who}", "added_at": 1} for one in others]
    await run(office, *((ADD_CONTACT, row) for row in rows))


async def entries(office: Office, what: Any = CONTACTS) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await office.storage.read(lambda read: read.all(what))]


async def state_of(office: Office, added: Added) -> tuple[str, str]:
    company = await number_of(office)
    found = (await office.storage.read(lambda read: people.records(read, company, [added.member])))[added.member]
    return found.state, found.state_reason


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


async def administrator(office: Office, added: Added, kind: str = roles.COMPANY_ADMINISTRATOR) -> None:
    company = await number_of(office)
    role = await office.storage.read(lambda read: roles.of_kind(read, company, kind))
    await run(office, (SET_ROLE, {"id": added.member, "set_role": role}))


async def system_messages(office: Office, added: Added) -> list[tuple[str, int]]:
    """What the server said to a member, and how much of it is unread."""
    company = await number_of(office)

    async def look(read: Read) -> list[tuple[str, int]]:
        place = await system_of(read, company, added.member)
        if place is None:
            return []
        (row,) = await heads.every(read, company, added.member, -1, 10)
        told = await between(read, place.home, place.id, 1, place.head)
        return [(msgspec.msgpack.decode(one.body)["text"], row["unread"]) for one in told if one.body]

    return await office.storage.read(look)
