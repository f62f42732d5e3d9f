"""What is new of a member's contacts since a position, as they are now, and whom he talked with last (SPEC G4; LOG E1).

By places, and by the logs of the contacts' companies: a contact who was renamed or disabled is told anew, too. The token is a position, as
that of `sync`, and says what this device has of its contacts.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from protocol import limits
from protocol.errors import CursorInvalid
from protocol.events import ContactGroupInfo, ContactInfo, InContactGroup, RecentContact
from protocol.ids import from_wire, to_wire
from server.sync.tokens import Cursor, Seal
from server.visibility.service import Viewer, is_addressable
from storage import company_log, feed
from storage import contact_lists as lists
from storage.contact_lists import NEVER, Contact, Entry, Group, Known
from storage.engine import Storage
from storage.work import Read

MOST_CHANGES = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """``page`` asks for the next one, or ``token`` says what the device has now."""

    contacts: tuple[ContactInfo, ...]
    groups: tuple[ContactGroupInfo, ...]
    page: str
    token: str
    snapshot: bool


class ContactPages:
    def __init__(self, storage: Storage, seal: Seal) -> None:
        self._storage = storage
        self._seal = seal

    async def since(self, viewer: Viewer, token: str, page: str) -> Page:
        """The first page for ``token``, or the one that ``page`` asks for. Raises: CursorInvalid."""
        if page:
            asked = self._seal.opened(page, viewer.member)
        else:
            position = self._seal.position(token)
            asked = Cursor(viewer.member, -1, position or 0, -1, position is None)

        async def act(read: Read) -> Page:
            # the token is the position that the first statement of the answer saw, however many pages follow (LOG E3)
            seen: int = asked.seen if page else await read.value(feed.HEAD)
            snapshot = asked.snapshot or asked.since > seen
            contacts, groups = await _new(read, viewer, None if snapshot else asked.since)
            left = [one for one in contacts if from_wire(one.member) > asked.behind]
            shown = tuple(left[: limits.CONTACTS_PAGE])
            following = ""
            if len(left) > len(shown):
                following = self._seal.cursor(Cursor(viewer.member, from_wire(shown[-1].member), asked.since, seen, snapshot))
            return Page(shown, () if page else groups, following, "" if following else self._seal.token(seen), snapshot)

        return await self._storage.read(act)

    async def recent(self, viewer: Viewer, page: str, limit: int) -> tuple[tuple[RecentContact, ...], str]:
        """With what asks for the next page. Who is hidden is among them, too: there is a conversation (SPEC B6). Raises: CursorInvalid."""
        before = _behind(page)
        found = await self._storage.read(lambda read: lists.recent(read, viewer.company, viewer.member, before, limit + 1))
        shown = found[:limit]
        made = [
            RecentContact(
                member=to_wire(one.member),
                name=one.name,
                conversation=to_wire(one.conversation),
                at=one.at,
                state="disabled" if one.state == "disabled" else "active",
                robot=one.kind == "robot",
            )
            for one in shown
        ]
        return tuple(made), f"{shown[-1].at}.{to_wire(shown[-1].conversation)}" if len(found) > limit else ""


def _behind(page: str) -> tuple[int, int]:
    if not page:
        return NEVER, NEVER
    at, _, conversation = page.partition(".")
    try:
        if not at.isdecimal() or int(at) > limits.LARGEST_NUMBER:
            raise ValueError("no time of ours")
        return int(at), from_wire(conversation)
    except ValueError:
        raise CursorInvalid from None


async def _new(read: Read, viewer: Viewer, since: int | None) -> tuple[list[ContactInfo], tuple[ContactGroupInfo, ...]]:
    """In the order of ids; with ``since`` None all that there is."""
    who, at = (viewer.company, viewer.member), NEVER if since is None else since
    contacts, groups, entries = (
        await lists.of(read, *who, at),
        await lists.groups_of(read, *who, at),
        await lists.entries_of(read, *who, at),
    )
    cards = await lists.known(read, [one.id for one in contacts if not one.removed])
    news = None if since is None else await _changed(read, cards, since)
    if news is not None:
        news |= {one.id for one in contacts if one.place > at} | {one.contact for one in entries if one.place > at}
    told = [one for one in contacts if news is None or one.id in news]
    inside: dict[int, list[Entry]] = {}
    for entry in entries:
        if not entry.removed:
            inside.setdefault(entry.contact, []).append(entry)
    made = [_contact(one, cards.get(one.id), inside.get(one.id, [])) for one in sorted(told, key=lambda one: one.id)]
    if since is None:
        made = [one for one in made if not one.gone]
    return made, tuple([_group(one) for one in groups if since is None or one.place > at])


async def _changed(read: Read, cards: Mapping[int, Known], since: int) -> set[int] | None:
    """Contacts whose names or states may have changed; None where that cannot be said any more: then all are told."""
    changed: set[int] = set()
    for company in sorted({one.company for one in cards.values()}):
        if not await company_log.reaches(read, company, since):
            return None
        log = await company_log.since(read, company, since, MOST_CHANGES)
        if len(log) == MOST_CHANGES or any(one.is_reload for _, one in log):
            return None
        changed.update(member for _, one in log for member in one.members)
    return changed & cards.keys()


def _contact(one: Contact, card: Known | None, groups: list[Entry]) -> ContactInfo:
    if one.removed or card is None or not is_addressable(card.state):
        return ContactInfo(member=to_wire(one.id), gone=True)
    return ContactInfo(
        member=to_wire(one.id),
        name=card.name,
        sort=one.sort,
        remark=one.remark,
        state="disabled" if card.state == "disabled" else "active",
        robot=card.kind == "robot",
        groups=tuple([InContactGroup(to_wire(entry.group), entry.sort) for entry in groups]),
    )


def _group(one: Group) -> ContactGroupInfo:
    return ContactGroupInfo(group=to_wire(one.id), gone=True) if one.removed else ContactGroupInfo(to_wire(one.id), one.name, one.sort)
