"""Requests to become outside contacts: asking, bringing over an address book, withdrawing, accepting, refusing (SPEC H1).

Whether a request by an address reached anybody is told to nobody but its receiver: a row is made in any case, by as many statements, and
a request that is refused waits for its maker as one that nobody got (promise V4).
"""

from collections.abc import Callable, Sequence

import msgspec

from protocol import limits
from protocol.errors import IdConflict
from server.accounts.names import fold
from server.companies.rules import name as checked_name
from server.config.model import Outside
from server.outside import rules
from server.outside.errors import (
    AlreadyOutside,
    OutsideColleague,
    OutsideImpossible,
    OutsideNobodyNamed,
    OutsideOneself,
    OutsideRequestNotFound,
    TooManyBrought,
    TooManyOutside,
    TooManyOutsideRequests,
)
from server.outside.standing import check_may, settle, standing_of
from server.visibility.service import Viewer, access_addressable
from storage import accounts, outside
from storage import outside_requests as requests
from storage.draw import draw_id
from storage.engine import Storage
from storage.outside import Contact, Side
from storage.outside_requests import Request
from storage.work import Read, Work

NOBODY = -1  # no account and no member has this id


class Wanted(msgspec.Struct, frozen=True):
    """Whom a wish asks, by what he is known as: a member's id, or an address; with what is said to him and what he will be called."""

    client_id: bytes
    member: int | None = None
    address: str = ""
    words: str = ""
    remark: str = ""


class OutsideRequestService:
    """Every act is in the turn, and one that changes nothing writes nothing."""

    def __init__(self, storage: Storage, settings: Outside, draw: Callable[[], int] = draw_id) -> None:
        self._storage = storage
        self._settings = settings
        self._draw = draw

    async def ask(self, viewer: Viewer, wanted: Wanted) -> None:
        """Raises: OutsideNobodyNamed, IdConflict, NameInvalid, OutsideOff, OutsideNotPermitted, TooManyOutsideRequests, TooManyOutside;
        of a member who was named also MemberNotFound, OutsideOneself, OutsideColleague, AlreadyOutside.
        """
        await self._ask(viewer, [wanted], imported=False)

    async def bring(self, viewer: Viewer, several: Sequence[Wanted]) -> None:
        """Contacts of an address book, all of them or none. Raises: TooManyBrought, and as ``ask`` of an address."""
        await self._ask(viewer, several, imported=True)

    async def _ask(self, viewer: Viewer, several: Sequence[Wanted], *, imported: bool) -> None:
        wishes = [_checked(one) for one in several]

        async def act(work: Work) -> None:
            fresh = [one for one in wishes if not await _is_made(work, viewer, one)]
            if not fresh:
                return
            mine = await outside.side(work, viewer.member, NOBODY)
            assert mine is not None, "who is signed in is a member"
            await check_may(work, mine)
            await self._check_count(work, viewer, len(fresh), imported=imported)
            for one in {one.client_id: one for one in fresh}.values():
                await self._made(work, viewer, one, imported=imported)
            work.own(viewer.member, "outside")

        await self._storage.transact(act)

    async def _check_count(self, read: Work, viewer: Viewer, wanted: int, *, imported: bool) -> None:
        """Raises: TooManyOutsideRequests, TooManyBrought, TooManyOutside."""
        who = (viewer.company, viewer.member)
        most = self._settings.imported_a_day if imported else self._settings.requests_a_day
        made = await requests.counted(read, *who, read.now - rules.DAY_MS, imported=imported)
        if made + wanted > most:
            raise (TooManyBrought if imported else TooManyOutsideRequests)(most, rules.DAY_MS // 1000)
        if await outside.count(read, *who) >= limits.OUTSIDE_CONTACTS:
            raise TooManyOutside(limits.OUTSIDE_CONTACTS)

    async def _made(self, work: Work, viewer: Viewer, wish: Wanted, *, imported: bool) -> None:
        if wish.member is None:
            wanted = await _holder(work, fold(wish.address))
        else:
            wanted = await _named(work, viewer, wish.member)
        theirs = await _reached(work, viewer.member, wanted)
        made = Request(
            company=viewer.company,
            member=viewer.member,
            id=self._draw(),
            address=wish.address,
            words=wish.words,
            remark=wish.remark,
            named=wish.member,
            target=None if theirs is None else theirs.member,
            target_company=None if theirs is None else theirs.company,
            imported=imported,
            asked_at=work.now,
        )
        await requests.insert(work, made, wish.client_id)
        if theirs is not None:
            work.own(theirs.member, "outside")

    # ---- answers

    async def withdraw(self, viewer: Viewer, asked: int) -> None:
        """Raises: OutsideRequestNotFound, unless it was withdrawn already."""

        async def act(work: Work) -> None:
            found = await requests.mine(work, viewer.company, viewer.member, asked)
            if found is not None and found.state == "withdrawn":
                return
            # for its maker a refused one waits like any other
            if found is None or found.state == "accepted" or found.asked_at <= work.now - rules.REQUEST_MS:
                raise OutsideRequestNotFound
            await requests.set_state(work, found, "withdrawn")
            for member in {viewer.member, viewer.member if found.target is None else found.target}:
                work.own(member, "outside")

        await self._storage.transact(act)

    async def accept(self, viewer: Viewer, asked: int, remark: str = "") -> None:
        """Raises: OutsideRequestNotFound, OutsideOff, OutsideNotPermitted, TooManyOutside, OutsideImpossible, NameInvalid."""
        called = _remark(remark)

        async def act(work: Work) -> None:
            found = await requests.to(work, viewer.member, asked)
            if found is not None and found.state == "accepted":
                return
            two = None if found is None else await outside.two(work, viewer.member, found.member)
            if found is None or two is None or not rules.waits(found.state, found.asked_at, work.now):
                raise OutsideRequestNotFound
            await check_may(work, two.mine)
            if await outside.count(work, viewer.company, viewer.member) >= limits.OUTSIDE_CONTACTS:
                raise TooManyOutside(limits.OUTSIDE_CONTACTS)
            theirs = two.theirs
            is_full = await outside.count(work, theirs.company, theirs.member) >= limits.OUTSIDE_CONTACTS
            is_there = theirs.state == "active" and not theirs.blocked
            if is_full or not is_there or not rules.may(theirs, await standing_of(work, theirs)):
                raise OutsideImpossible
            await _join(work, two.mine, theirs, called)
            await _join(work, theirs, two.mine, found.remark)
            await requests.accept_all(work, found.member, viewer.member)
            await requests.accept_all(work, viewer.member, found.member)
            await settle(work, viewer.company, viewer.member, theirs.member)

        await self._storage.transact(act)

    async def refuse(self, viewer: Viewer, asked: int, *, block: bool = False) -> None:
        """Who asked hears nothing of it. Raises: OutsideRequestNotFound, unless it was refused already."""

        async def act(work: Work) -> None:
            found = await requests.to(work, viewer.member, asked)
            is_refused = found is not None and found.state == "refused"
            if found is None or not (is_refused or rules.waits(found.state, found.asked_at, work.now)):
                raise OutsideRequestNotFound
            if not is_refused:
                await requests.set_state(work, found, "refused")
                work.own(viewer.member, "outside")
            if block:
                await set_blocked(work, viewer, found.member, found.company, True)

        await self._storage.transact(act)


async def set_blocked(work: Work, viewer: Viewer, other: int, other_company: int, on: bool) -> None:
    """Who was blocked and never was a contact is kept as long as he is blocked."""
    who = (viewer.company, viewer.member)
    there = await outside.find(work, *who, other)
    if there is None and on:
        await outside.save(work, *who, Contact(other, other_company, "", 0, removed=True, blocked=True))
    elif there is None or there.blocked == on:
        return
    elif on or there.since:
        await outside.save(work, *who, msgspec.structs.replace(there, blocked=on))
    else:
        await outside.drop(work, *who, [other])
        work.own(viewer.member, "outside")
    await settle(work, *who, other)


def _checked(wanted: Wanted) -> Wanted:
    """Raises: OutsideNobodyNamed, NameInvalid."""
    address = wanted.address.strip()
    if (wanted.member is None) == (not address):
        raise OutsideNobodyNamed
    words = checked_name("words", wanted.words, may_be_empty=True, most=limits.OUTSIDE_WORDS_CHARACTERS)
    return msgspec.structs.replace(wanted, address=address, words=words, remark=_remark(wanted.remark))


def _remark(wanted: str) -> str:
    return checked_name("remark", wanted, may_be_empty=True, most=limits.CONTACT_REMARK_CHARACTERS)


async def _is_made(read: Read, viewer: Viewer, wish: Wanted) -> bool:
    """Whether this wish made one already. Raises: IdConflict where it wished another thing."""
    there = await requests.made_by(read, viewer.member, wish.client_id)
    if there is None:
        return False
    if (there.named, there.address, there.words, there.remark) != (wish.member, wish.address, wish.words, wish.remark):
        raise IdConflict
    return True


async def _named(read: Read, viewer: Viewer, member: int) -> int:
    """Raises: MemberNotFound, OutsideOneself, OutsideColleague, AlreadyOutside."""
    card = await access_addressable(read, viewer, member)
    two = await outside.two(read, viewer.member, card.id)
    if card.id == viewer.member or two is None:
        raise OutsideOneself
    if not rules.are_outsiders(two.mine, two.theirs):
        raise OutsideColleague
    if two.mine.has:
        raise AlreadyOutside
    return card.id


async def _holder(read: Read, address: str) -> int:
    """The member behind an address: who has the number, or of an account the personal one, else the first of a company."""
    login = await accounts.login(read, address)
    places = await accounts.places(read, NOBODY if login is None else login.account)
    if login is not None and login.member is not None:
        return login.member
    there = [place.member for place in places if place.kind == "person" and place.state == "active"]
    return there[0] if there else NOBODY


async def _reached(work: Work, member: int, wanted: int) -> Side | None:
    """Who gets the request; nobody also where one of before waits for him still."""
    two = await outside.two(work, member, wanted)
    standing = await standing_of(work, *(() if two is None else (two.theirs,)))
    waits = await requests.is_waiting(work, member, wanted, work.now - rules.REQUEST_MS)
    return two.theirs if two is not None and not waits and rules.is_reached(two, standing) else None


async def _join(work: Work, mine: Side, theirs: Side, remark: str) -> None:
    there = await outside.find(work, mine.company, mine.member, theirs.member)
    kept = remark or ("" if there is None else there.remark)
    made = Contact(theirs.member, theirs.company, kept, work.now, removed=False, blocked=False)
    await outside.save(work, mine.company, mine.member, made)
