"""The picture of a company for a plan or an export, page by page; in a process of its own, for 30,000 members are a second of Python.

The pages are not of one moment: whoever acts on the picture asks in the turn whether anything was changed since ``base``.
"""

from collections.abc import Mapping, Sequence

import msgspec

from server.companies import rules
from server.companies.errors import NumbersExhausted
from server.companies.finding import company_of
from server.org.rules import SERVERS, Limits
from server.org.service import limits_of, load_tree
from server.rosters.picture import Card, Picture
from storage import companies, fields, members, people, roles, rosters, segments
from storage.engine import Storage
from storage.segments import Segment
from storage.work import Read

PAGE = 1000


class Loaded(msgspec.Struct, frozen=True):
    """``base``: the newest position before anything was read. ``first_password``: the stored form of the company's own, if it has one."""

    base: int
    picture: Picture
    ordinary_role: int | None
    first_password: str | None


async def load(storage: Storage, number: str, servers: Limits = SERVERS) -> Loaded:
    """``servers``: the limits of a company that settled none. Raises: CompanyNotFound."""

    async def frame(read: Read) -> tuple[int, Picture, companies.Settings, int | None, list[int]]:
        base = await rosters.head(read)
        found = await company_of(read, number)
        settings = await companies.settings(read, found.id)
        picture = Picture(
            found.id,
            await load_tree(read, found.id),
            (),
            limits=await limits_of(read, found.id, servers),
            administrator_role=await roles.of_kind(read, found.id, roles.COMPANY_ADMINISTRATOR),
            seats=found.seats,
            seats_taken=await members.seats_taken(read, found.id),
            needs_phone_or_mail=settings.needs_phone_or_mail,
            time_zone=settings.time_zone,
            segments=await segments.of_company(read, found.id),
            fields=await fields.of_company(read, found.id),
        )
        role = await roles.of_kind(read, found.id, roles.ORDINARY)
        return base, picture, settings, role, [one.id for one in await people.listed(read, found.id)]

    base, picture, settings, role, everybody = await storage.read(frame)
    places = await storage.read(lambda read: people.all_places(read, picture.company))
    cards: list[Card] = []
    for start in range(0, len(everybody), PAGE):
        some = everybody[start : start + PAGE]
        there = await storage.read(lambda read, some=some: people.records(read, picture.company, some))  # type: ignore[misc]
        own = await _own(storage, picture, some)
        cards += [Card(record, places.get(record.id, ()), own.get(record.id, {})) for record in there.values() if record.state != "deleted"]
    return Loaded(base, msgspec.structs.replace(picture, cards=cards), role, settings.first_password_hash)


async def _own(storage: Storage, picture: Picture, some: Sequence[int]) -> Mapping[int, Mapping[int, str]]:
    """Values of the company's own fields."""
    if not picture.fields:
        return {}
    return await storage.read(lambda read: fields.values(read, picture.company, some))


async def taken(storage: Storage, wanted: Sequence[str]) -> frozenset[str]:
    """Which of these numbers somebody has or had, in whatever company."""
    found: set[str] = set()
    for start in range(0, len(wanted), PAGE):
        some = list(wanted[start : start + PAGE])

        async def look(read: Read, some: list[str] = some) -> set[str]:
            return await members.taken_numbers(read, some) | await segments.ever_held(read, some)

        found |= await storage.read(look)
    return frozenset(found)


async def free_numbers(storage: Storage, owned: Sequence[Segment], count: int, asked: set[str]) -> tuple[list[str], dict[int, int]]:
    """So many, and up to where each segment was gone through. Raises: NumbersExhausted."""
    found: list[str] = []
    passed: dict[int, int] = {}
    for first, window in rules.windows(owned, PAGE, 1 << 30):
        if len(found) >= count:
            break
        there = asked | await taken(storage, window)
        some = list(rules.free(window, there))[: count - len(found)]
        found += some
        passed[first] = int(some[-1] if len(found) == count else window[-1]) + 1
    if len(found) < count:
        raise NumbersExhausted
    return found, passed
