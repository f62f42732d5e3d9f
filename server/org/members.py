"""Acts on members where they are: their units, cards and information scopes (SPEC B3, B8, B9), each with its entry.

Going is ``leaving.py``, coming ``server.companies``. ``who`` is an account number or an id on the wire. A batch is done in pieces, each
a unit of its own; what is wrong with the wish itself is found before the first.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec import UNSET

from protocol.ids import to_wire
from server.audit.service import Actor, Details, administer, look, record
from server.companies.finding import member_of
from server.org import cards, placing, rules
from server.org.cards import Changes
from server.org.heading import check_successors, name_successors
from server.org.paths import written
from server.org.people import acted_on, check_over, check_placing, check_room, check_scope, holdings, named, names
from server.org.rules import SERVERS, Limits
from server.org.service import check_free, differences, load_tree
from server.roles.acts import ACTS
from server.roles.asking import check_found, check_found_in, permit_in
from server.roles.rules import member as on_member
from server.roles.rules import unit as on_unit
from server.visibility.sieving import sieve
from storage import companies, company_log, people, units
from storage.engine import Storage
from storage.people import Record
from storage.units import Place
from storage.work import Read, Work

PIECE = 50
Places = Sequence[Place]


class Scoped(msgspec.Struct, frozen=True):
    """A unit of somebody's information scope, with its path; of one that the actor does not find neither."""

    unit: int | None = None
    path: str = ""


class MemberService:
    """``limits``: of companies that settled none of their own."""

    def __init__(self, storage: Storage, limits: Limits = SERVERS) -> None:
        self._storage = storage
        self._limits = limits

    # ---- units

    async def place(
        self, actor: Actor, company: str, who: str, wanted: Sequence[int], *, successors: Mapping[int, str] | None = None
    ) -> None:
        """He is in these units from now on, the first is the primary one. ``successors``: of each unit that he heads and leaves.

        Raises: CompanyNotFound, MemberNotFound, NoUnit, UnitNotFound, UnitDisabled, UnitMembersLimit, SuccessorNeeded, SuccessorUnfit,
        NotAllowed, MoreThanHeld.
        """

        async def act(work: Work) -> None:
            found, (one,), around = await acted_on(work, company, actor, [who])
            await check_free(work, found.id)
            tree = await load_tree(work, found.id)
            before = (await units.places_of(work, found.id, [one.id])).get(one.id, ())
            after = placing.put(before, wanted)
            for unit in wanted:
                rules.find(tree, unit)
            check_found_in(around, actor, *map(on_unit, wanted))
            check_placing(work, around, actor, holdings(around, actor), one.id, after)
            if after == before:
                return
            await check_room(work, found.id, tree, Counter(placing.joining(before, after)), self._limits)
            chosen = {unit: (await member_of(work, company, next_one)).id for unit, next_one in (successors or {}).items()}
            await check_found(work, found, actor, *map(on_member, chosen.values()))
            heads = await name_successors(work, found, actor, tree, one.id, placing.headless(before, after), chosen)
            await units.set_places(work, found.id, {one.id: after})
            await company_log.tell(work, found.id, members=[one.id, *heads.values()])
            entry: dict[str, str | list[str]] = {"member": to_wire(one.id), "before": names(tree, before), "after": names(tree, after)}
            entry |= {f"head of {tree[unit].name}": to_wire(member) for unit, member in heads.items()}
            await record(work, found.id, actor, "member.place", entry)

        await administer(self._storage, actor, company, "member.place", act, asked={"member": who})

    async def move_many(self, actor: Actor, company: str, whos: Sequence[str], to: int, *, out_of: int | None = None) -> list[int]:
        """In ``to`` instead of ``out_of``, or instead of everywhere; gives the units that have no first head any more.

        Raises: as ``place``, but nobody is asked for successors.
        """

        def decide(before: Places) -> Places:
            return placing.moved(before, to, out_of=out_of)

        return await self._place_many(actor, company, whos, to, decide, "member.move", out_of=out_of)

    async def add_to_unit(self, actor: Actor, company: str, whos: Sequence[str], unit: int) -> None:
        """In ``unit``, too; of who was in none it is the primary one. Raises: as ``move_many``."""

        def decide(before: Places) -> Places:
            return placing.put(before, [*(place.unit for place in before), unit])

        await self._place_many(actor, company, whos, unit, decide, "member.add_to_unit")

    async def _place_many(
        self,
        actor: Actor,
        company: str,
        whos: Sequence[str],
        to: int,
        decide: Callable[[Places], Places],
        name: str,
        *,
        out_of: int | None = None,
    ) -> list[int]:
        left: list[int] = []
        for start in range(0, len(whos), PIECE):
            some = whos[start : start + PIECE]

            async def act(work: Work, some: Sequence[str] = some) -> list[int]:
                found, records, around = await acted_on(work, company, actor, some)
                await check_free(work, found.id)
                tree = await load_tree(work, found.id)
                named_units = [to] if out_of is None else [to, out_of]
                for unit in named_units:
                    rules.find(tree, unit)
                check_found_in(around, actor, *map(on_unit, named_units))
                there = await units.places_of(work, found.id, [one.id for one in records])
                after = {one.id: decide(there.get(one.id, ())) for one in records}
                held = holdings(around, actor)
                for member, places in after.items():
                    check_placing(work, around, actor, held, member, places)
                after = {member: places for member, places in after.items() if places != there.get(member, ())}
                if not after:
                    return []
                joining = Counter(unit for member, places in after.items() for unit in placing.joining(there.get(member, ()), places))
                await check_room(work, found.id, tree, joining, self._limits)
                headless = [unit for member, places in after.items() for unit in placing.headless(there.get(member, ()), places)]
                await units.set_places(work, found.id, after)
                remaining = await units.counts(work, found.id, headless)
                headless = [unit for unit in headless if unit in remaining]
                await company_log.tell(work, found.id, members=sorted(after))
                entry: Details = {
                    **named([one for one in records if one.id in after]),
                    "to": tree[to].name,
                    "before": ["; ".join(names(tree, there.get(member, ()))) for member in after],
                    "without_head": [tree[unit].name for unit in headless],
                }
                await record(work, found.id, actor, name, entry)
                return headless

            asked: Details = {"members": list(some), "to": to_wire(to)}
            left += await administer(self._storage, actor, company, name, act, asked=asked)
        return left

    # ---- cards

    async def change(self, actor: Actor, company: str, who: str, changes: Changes) -> Record:
        """A phone or mail that he had bound and that is changed is no login name any more; his devices are told (SPEC B8).

        Raises: CompanyNotFound, MemberNotFound (also of the successor), SuccessorOfMemberUnfit, MoreThanHeld of a successor who would get
        further by it than the actor, CompanyAdministratorsOnly of a last day, phone or mail, and as ``cards.changed``.
        """

        async def act(work: Work) -> Record:
            found, (before,), around = await acted_on(work, company, actor, [who])
            if changes.is_hidden not in (UNSET, before.is_hidden):
                permit_in(work, around, actor, on_member(before.id), permission=ACTS["member.hide"])
            await check_free(work, found.id)
            settings = await companies.settings(work, found.id)
            if isinstance(changes.successor, int):
                successor = await member_of(work, company, to_wire(changes.successor))
                await check_found(work, found, actor, on_member(successor.id))
                placing.check_successor(before.id, successor)
            after = cards.changed(
                before, changes, now=work.now, time_zone=settings.time_zone, needs_phone_or_mail=settings.needs_phone_or_mail
            )
            if (after.phone, after.mail, after.last_day) != (before.phone, before.mail, before.last_day):
                check_over(around, actor, [before])  # by the one he is disabled, by the others he signs in no more
            if after.successor is not None and (after.successor != before.successor or after.last_day not in ("", before.last_day)):
                headed = placing.headless((await units.places_of(work, found.id, [before.id])).get(before.id, ()), ())
                await check_successors(work, found, actor, dict.fromkeys(headed, after.successor))
            if after != before:
                await people.save(work, after)
                unbound = await _unbind(work, before, after)
                await company_log.tell(work, found.id, members=[before.id])
                entry: Details = {"member": to_wire(before.id), **differences(before, after), **({"unbound": unbound} if unbound else {})}
                await record(work, found.id, actor, "member.change", entry)
            return after

        return await administer(self._storage, actor, company, "member.change", act, asked={"member": who})

    async def set_hidden(self, actor: Actor, company: str, whos: Sequence[str], hidden: bool) -> None:
        """Hidden members are found by nobody who may not (SPEC B6). Raises: CompanyNotFound, MemberNotFound."""
        name = "member.hide" if hidden else "member.show"
        for start in range(0, len(whos), PIECE):
            some = whos[start : start + PIECE]

            async def act(work: Work, some: Sequence[str] = some) -> None:
                found, records, _ = await acted_on(work, company, actor, some)
                await check_free(work, found.id)
                changing = [one for one in records if one.is_hidden != hidden]
                if changing:
                    await people.set_hidden(work, [one.id for one in changing], hidden)
                    await company_log.tell(work, found.id, members=[one.id for one in changing])
                    await record(work, found.id, actor, name, named(changing))

            await administer(self._storage, actor, company, name, act, asked={"members": list(some)})

    async def list_scope(self, actor: Actor, company: str, who: str) -> list[Scoped]:
        """The units of his information scope, in the order of the tree; none means the whole company. A look.

        Raises: CompanyNotFound, MemberNotFound, NotAllowed.
        """

        async def do(read: Read) -> list[Scoped]:
            found, (one,), _ = await acted_on(read, company, actor, [who])
            shown = await sieve(read, found, actor)
            tree = await load_tree(read, found.id)
            there = set(await people.scope(read, found.id, one.id))
            inside = [unit for unit in tree.below(tree.root) if unit in there]
            return [Scoped(unit, written(tree, tree[unit])) if shown.has_unit(unit) else Scoped() for unit in inside]

        return await look(self._storage, actor, company, "member.list_scope", do, asked={"member": who})

    async def set_scope(self, actor: Actor, company: str, who: str, wanted: Sequence[int]) -> None:
        """His information scope: at most three units, each with all below it; none means the whole company (SPEC B3).

        Raises: CompanyNotFound, MemberNotFound, UnitNotFound, ScopeTooWide, NotAllowed, MoreThanHeld, CompanyAdministratorsOnly.
        """

        async def act(work: Work) -> None:
            found, (one,), around = await acted_on(work, company, actor, [who])
            await check_free(work, found.id)
            placing.check_scope(wanted)
            tree = await load_tree(work, found.id)
            after = sorted(dict.fromkeys(wanted))
            for unit in after:
                rules.find(tree, unit)
            check_found_in(around, actor, *map(on_unit, after))
            check_over(around, actor, [one])
            check_scope(work, around, actor, one.id, after)
            before = await people.scope(work, found.id, one.id)
            if before != after:
                await people.set_scope(work, found.id, one.id, after)
                await company_log.tell(work, found.id, members=[one.id])
                entry: Details = {
                    "member": to_wire(one.id),
                    "before": [tree[unit].name for unit in before],
                    "after": [tree[unit].name for unit in after],
                }
                await record(work, found.id, actor, "member.scope", entry)

        await administer(self._storage, actor, company, "member.scope", act, asked={"member": who})


async def _unbind(work: Work, before: Record, after: Record) -> list[str]:
    """The kinds of names that he had bound and that are no login names any more."""
    if before.account is None:
        return []
    return [kind for kind, name in cards.unbound(before, after) if await people.unbind(work, before.account, kind, name)]
