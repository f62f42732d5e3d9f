"""How members go: disabled, deleted, or their number handed on (SPEC B4, B5, DESIGN 4); at the end of a last day see ``last_days``.

The act itself is one unit: from its commit on he is out, on all devices within two seconds. What it leaves to be done, leaving groups
and contacts, follows in pieces by a job that whoever finds it may end: each piece does what is left, so twice does no harm.
"""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Protocol

from protocol.bodies import note
from protocol.errors import MemberNotFound
from protocol.ids import to_wire
from server.accounts import codes
from server.accounts.passwords import Passwords
from server.accounts.rules import check_new_password
from server.audit.service import Actor, Details, administer, check_ahead, record, recording_refusals
from server.companies import rules as companies_rules
from server.companies.errors import NumberNeverHeld
from server.companies.finding import member_of
from server.companies.newcomers import Added, Newcomer, new_member
from server.org import cards, placing
from server.org.batches import Outcome, asked, finished, pieces
from server.org.heading import chosen_ahead, name_successors
from server.org.organisation import Person
from server.org.people import (
    acted_on,
    check_administrator_stays,
    check_newcomer,
    check_over,
    names,
    scope_of_newcomer,
    units_found,
)
from server.org.service import check_free, load_tree
from server.org.switching import DISABLED, Switched, Wish, sifted, switch
from server.roles.asking import check_found, company_for, permit
from server.roles.errors import NotAllowed
from server.roles.rules import Picture
from server.roles.rules import member as on_member
from storage import companies, company_log, contacts, conversations, jobs, members, people, roles, sessions, units
from storage.companies import Company
from storage.conversations import Ledger
from storage.engine import Storage
from storage.jobs import Job
from storage.people import Record
from storage.work import Read, Work

TOGETHER = 10  # members in one act: each may have 20 sessions, and head units
DIRECT = 200  # direct conversations that end in one unit, the first of them with the act itself
GROUPS = 12  # left, and come into by the successor, in one piece: some 12 statements each
SEATED = ("active", "disabled")  # their seats pass on, whatever was bought; drafts and deleted members have none (SPEC A1)
LEAVE, HAND_ON = "member.leave", "number.hand_on"


class Handover(Protocol):
    """What a subject does with what a leaver owns, such as groups (SPEC B4); each is listed by the composition root."""

    async def piece(self, work: Work, job: Job, member: int, successor: int | None) -> bool:
        """Hand some of it to ``successor``, where there is one; False where nothing is left."""


class LeavingService:
    """``handovers`` come before he leaves what he is in: an owner does not leave what he owns."""

    def __init__(self, storage: Storage, passwords: Passwords, handovers: Sequence[Handover] = ()) -> None:
        self._storage = storage
        self._passwords = passwords
        self._handovers = handovers

    # ---- disabling

    async def disable(
        self, actor: Actor, company: str, whos: Sequence[str], reason: str, *, successors: Mapping[int, str] | None = None
    ) -> list[Switched]:
        """They cannot sign in and are out at once, everywhere; contacts and conversations stay (SPEC B5).

        ``successors``: the next first head of each unit that a single one heads; by default the one chosen ahead. Of several nobody is
        asked: those chosen ahead are taken, and the entry lists what the others go on heading.
        Raises: CompanyNotFound, MemberNotFound, StateUnfit of drafts, NameInvalid where the reason is none, LastAdministrator,
        SuccessorNeeded, SuccessorUnfit, MoreThanHeld, CompanyBusy where successors are named while others have the tree: each before
        anything is done, with ``batches.refusals``. BatchStopped.
        """
        return await finished(self.disabling(actor, company, whos, reason, successors=successors))

    def disabling(
        self, actor: Actor, company: str, whos: Sequence[str], reason: str, *, successors: Mapping[int, str] | None = None
    ) -> AsyncIterator[Outcome[Switched]]:
        """As ``disable``, piece by piece."""
        asks = len(set(whos)) == 1
        return self._switching(actor, company, whos, Wish(state=DISABLED, reason=reason, successors=successors or {}, asks=asks))

    async def enable(self, actor: Actor, company: str, whos: Sequence[str]) -> list[Switched]:
        """A last day that is over is forgotten, else he would be disabled again at once. Of drafts see ``CompanyService.activate``.

        Raises: CompanyNotFound, MemberNotFound, StateUnfit of drafts: each before anything is done, as in ``disable``; BatchStopped.
        """
        return await finished(self.enabling(actor, company, whos))

    def enabling(self, actor: Actor, company: str, whos: Sequence[str]) -> AsyncIterator[Outcome[Switched]]:
        """As ``enable``, piece by piece."""
        return self._switching(actor, company, whos, Wish(state="active"))

    def _switching(self, actor: Actor, company: str, whos: Sequence[str], wish: Wish) -> AsyncIterator[Outcome[Switched]]:
        async def look(every: Sequence[str]) -> None:
            async def check(read: Read) -> None:
                await sifted(read, company, actor, every, wish, whole=True)

            await check_ahead(self._storage, actor, company, wish.act, check, asked=asked(every))

        async def do(some: Sequence[str], whole: bool) -> Outcome[Switched]:
            act = partial(switch, company=company, actor=actor, whos=some, wish=wish, whole=whole)
            return await administer(self._storage, actor, company, wish.act, act, asked=asked(some))

        return pieces(whos, TOGETHER, look, do)

    # ---- deleting

    async def delete(
        self, actor: Actor, company: str, who: str, *, successors: Mapping[int, str] | None = None, reason: str = ""
    ) -> list[int]:
        """Profile and contacts go, he leaves groups and discussions; messages keep naming him (SPEC B4).

        Gives the units that have no first head any more, since nobody who is left in them could become it.

        ``successors``: the next first head of each unit that he heads; by default the one chosen ahead, where that one is in it.
        Raises: CompanyNotFound, MemberNotFound, NameInvalid, LastAdministrator, SuccessorNeeded, SuccessorUnfit, MoreThanHeld.
        """
        return await self._delete(actor, company, who, successors or {}, reason, asks=True)

    async def delete_many(self, actor: Actor, company: str, whos: Sequence[str], *, reason: str = "") -> list[int]:
        """Gives the units that have no first head any more: nobody is asked for successors, those chosen ahead are taken.

        Raises: as ``delete``.
        """
        left: list[int] = []
        for who in whos:
            left += await self._delete(actor, company, who, {}, reason, asks=False)
        return left

    async def _delete(self, actor: Actor, company: str, who: str, successors: Mapping[int, str], reason: str, *, asks: bool) -> list[int]:
        async def act(work: Work) -> tuple[Job, list[int]]:
            found, (one,), around = await acted_on(work, company, actor, [who])
            check_over(around, actor, [one])
            await check_free(work, found.id)
            why = companies_rules.name("reason", reason, may_be_empty=True)
            tree = await load_tree(work, found.id)
            places = (await units.places_of(work, found.id, [one.id])).get(one.id, ())
            headless = placing.headless(places, ())
            ahead = await chosen_ahead(work, one, headless)
            chosen = {unit: (await member_of(work, company, next_one)).id for unit, next_one in successors.items()}
            if asks:
                await check_found(work, found, actor, *map(on_member, chosen.values()))
            # of a unit that he does not find he is not asked who heads it next, nor told that it is without a head
            known = units_found(around, actor, headless)
            asked_for = [unit for unit in headless if unit in ahead or (asks and unit in known)]
            heads = await name_successors(work, found, actor, tree, one.id, asked_for, {**ahead, **chosen})
            await _out(work, one, why)
            remaining = await units.counts(work, found.id, headless)
            left = [unit for unit in headless if unit in remaining and unit not in heads]
            await company_log.tell(work, found.id, members=[one.id, *heads.values()])
            entry: dict[str, str | list[str]] = {
                **{"member": to_wire(one.id), "name": one.name, "number": one.number, "reason": why},
                **{"units": names(tree, places), "without_head": [tree[unit].name for unit in left]},
                **{f"head of {tree[unit].name}": to_wire(member) for unit, member in heads.items()},
            }
            await record(work, found.id, actor, "member.delete", entry)
            succeeded = {} if one.successor is None else {"successor": one.successor}
            return await _begin(work, actor, found, LEAVE, {"member": one.id, **succeeded}), [unit for unit in left if unit in known]

        job, left = await administer(self._storage, actor, company, "member.delete", act, asked={"member": who})
        await self._finish(job)
        return left

    # ---- handing a number on

    async def reassign(self, actor: Actor, company: str, number: str, newcomer: Newcomer, *, password: str = "") -> Added:
        """``number`` goes to a new member with a new account, who is where the old one was and gets his contacts, the entries of
        others that point at him, and his groups; not messages, direct conversations, files (DESIGN 4). His role is the ordinary one, his
        information scope the old one's as far as it lies in the actor's.

        So a deleted member's number comes back, too; then there is nothing else to hand on.
        Raises: CompanyNotFound, NumberNeverHeld, NotAllowed, MoreThanHeld, LastAdministrator, SeatsExhausted, NameInvalid, and what is
        wrong with the password.
        """
        if password:
            async with recording_refusals(self._storage, actor, company, "number.reassign", asked={"number": number}):
                check_new_password(password, old="", names=())
        code = "" if password else codes.draw_code()
        stored = await self._passwords.hash(password) if password else codes.stored_code(code)

        async def act(work: Work) -> tuple[Job, Added]:
            found = await company_for(work, company, actor)
            old, since, around = await _handed_on(work, found, actor, number)
            await check_free(work, found.id)
            settings = await companies.settings(work, found.id)
            cards.check_reachable(settings.needs_phone_or_mail, newcomer.phone, newcomer.mail)
            scope = scope_of_newcomer(around, actor, await people.scope(work, found.id, old.id))
            places = (await units.places_of(work, found.id, [old.id])).get(old.id, ())
            if old.state not in SEATED:
                companies_rules.check_seats(found.seats, await members.seats_taken(work, found.id), 1)
            if old.state != "deleted":
                await _out(work, old, "reassigned")
            role = await roles.of_kind(work, found.id, roles.ORDINARY)
            new = new_member(newcomer, found.id, number, stored, must_change=True, role=role, scope=scope)
            check_newcomer(around, actor, Person(new.id, new.state, role=role, places=tuple(places), scope=scope))
            # two holders never begin in the same millisecond, though the clock were set back
            await members.insert(work, [new], held_from=max(work.now, since + 1), places=places)
            await company_log.tell(work, found.id, members=[old.id, new.id])
            entry: Details = {"number": number, "member": [to_wire(old.id), to_wire(new.id)], "name": [old.name, new.name]}
            await record(work, found.id, actor, "number.reassign", entry)
            job = await _begin(work, actor, found, HAND_ON, {"member": old.id, "to": new.id})
            return job, Added(new.id, number, code)

        job, added = await administer(self._storage, actor, company, "number.reassign", act, asked={"number": number})
        await self._finish(job)
        return added

    # ---- what follows in pieces

    async def finish_begun(self) -> int:
        """End what another process began and did not end; to be called now and then. Gives how many."""
        begun = [job for job in await self._storage.read(jobs.running) if job.kind in (LEAVE, HAND_ON)]
        for job in begun:
            await self._finish(job)
        return len(begun)

    async def _finish(self, job: Job) -> None:
        member, to = job.details["member"], job.details.get("to")
        successor = to if to is not None else job.details.get("successor")
        for handover in self._handovers:
            while await self._storage.transact(partial(handover.piece, job=job, member=member, successor=successor)):
                pass
        piece = partial(_piece, job=job, member=member, to=to)
        while await self._storage.transact(piece):
            pass


async def _out(work: Work, one: Record, reason: str) -> None:
    """He is no member any more, out on all devices, and nobody writes to him (SPEC B4); of very many talks the job ends the rest."""
    await check_administrator_stays(work, one.company, [one.id])
    await sessions.end_of_members(work, [one.id], "disabled")
    await people.delete(work, one, reason)
    await conversations.end_direct(work, one.company, one.id, DIRECT)


async def _handed_on(work: Work, found: Company, actor: Actor, number: str) -> tuple[Record, int, Picture | None]:
    """As ``_holder``, where the actor may, and the picture with him.

    Who is deleted is in no unit: he is for whose permission covers the whole company.

    Raises: NumberNeverHeld, also of a number whose holder the actor may not find; NotAllowed, CompanyAdministratorsOnly.
    """
    old, since = await _holder(work, found, number)
    is_gone = old.state == "deleted"
    try:
        around = await permit(work, found, actor, *([] if is_gone else [on_member(old.id)]))
    except (MemberNotFound, NotAllowed) as error:
        if is_gone or isinstance(error, MemberNotFound):
            raise NumberNeverHeld(number) from None
        raise
    if not is_gone:
        check_over(around, actor, [old])
    return old, since, around


async def _holder(work: Work, found: Company, number: str) -> tuple[Record, int]:
    """Who holds ``number`` or held it last, and since when. Raises: NumberNeverHeld."""
    held = await people.last_holder(work, found.id, number)
    if held is None:
        raise NumberNeverHeld(number)
    there = await people.records(work, found.id, [held[0]])
    return there[held[0]], held[1]


async def _begin(work: Work, actor: Actor, found: Company, kind: str, details: dict[str, int]) -> Job:
    return await jobs.start(work, found.id, kind, details, by=(actor.kind, actor.id, actor.name))


async def _piece(work: Work, job: Job, member: int, to: int | None) -> bool:
    """Do some of what is left; False where nothing was, and the job is ended."""
    if await conversations.end_direct(work, job.company, member, DIRECT):
        return True
    staying = await conversations.staying(work, job.company, member, GROUPS)
    for conversation in staying:
        await _leave(work, job.company, conversation, member, to)
    if staying:
        return True
    if await (contacts.drop_own(work, job.company, member) if to is None else contacts.hand_on(work, job.company, member, to)):
        return True
    if await contacts.forget(work, member, to):
        return True
    await jobs.end(work, job)
    return False


async def _leave(work: Work, company: int, conversation: int, member: int, to: int | None) -> None:
    """The stay ends, and the successor's begins, each as a system message."""
    place = await conversations.find(work, conversation)
    assert place is not None, "conversations are never removed"
    ledger = Ledger(work, place)
    body = note("left", members=(to_wire(member),), by=to_wire(member))
    await ledger.leave(company, member, await ledger.note(body, by=member, salt=os.urandom(16)))
    if to is not None:
        body = note("joined", members=(to_wire(to),), by=to_wire(to))
        await ledger.join([(company, to)], await ledger.note(body, by=to, salt=os.urandom(16)))
    await ledger.close()
