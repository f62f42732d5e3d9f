"""Administrative acts on roles: making, changing, deleting, giving them; and why somebody may or may not (SPEC C1 to C4).

Each has its entry, refused ones too. An act loads and checks in its turn, so rights that were lost a moment ago are lost (LOG C).
What may be is ``rules``. Whoever has a changed role hears of it by the company's log.
"""

from collections.abc import Mapping, Sequence

import msgspec

from protocol.ids import to_wire
from server.audit.service import Actor, Details, administer, look, record
from server.companies import rules as companies_rules
from server.companies.rules import check_page
from server.org.loading import people_of
from server.org.people import check_administrator_stays, named, records_of
from server.roles import giving, rules
from server.roles.asking import company_for, permit_in, picture_for
from server.roles.errors import NotAllowed, RoleInUse, RoleStays
from server.roles.grants import Grant, Role, ordered, to_store
from server.roles.naming import check_name, check_room, find, new_role
from server.roles.permissions import WHOLE
from server.roles.reach import NOTHING, Reach
from server.roles.rules import COMPANY, Decision, Picture, Target
from storage import company_log, roles
from storage.companies import Company
from storage.engine import Storage
from storage.roles import Holder
from storage.work import Read, Work

PIECE = 100
PAGE = 200
DESCRIPTION_CHARACTERS = 200
SEEING = ("roles.view", "roles.give", "roles.manage")


class Listed(msgspec.Struct, frozen=True):
    """``members``: how many have it; None for who does not see all of them."""

    role: Role
    members: int | None


class Explained(msgspec.Struct, frozen=True):
    """Why ``who`` may or may not: the decision, and the permission and target that it is about."""

    who: int
    permission: str
    target: Target
    decision: Decision


class RoleService:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    # ---- looking

    async def list_roles(self, actor: Actor, company: str) -> list[Listed]:
        """All roles, in their order; a look. Raises: CompanyNotFound, NotAllowed."""

        async def do(read: Read) -> list[Listed]:
            found = await company_for(read, company, actor)
            around = await picture_for(read, found, actor)
            sees_all = _check_seeing(read, around, actor) and rules.reaches(around, actor, "org.manage").is_all
            counts = await roles.counts(read, found.id)
            return [Listed(role, counts.get(role.id, 0) if sees_all else None) for role in around.roles.values()]

        return await look(self._storage, actor, company, "role.list", do, asked={})

    async def list_members(
        self, actor: Actor, company: str, role: str, *, after: tuple[str, int] = ("", 0), limit: int = PAGE
    ) -> list[Holder]:
        """Those who have the role and whom the actor finds, in the order of (number, id) behind ``after``; a look.

        ``role``: an id on the wire, the kind or preset of one of the product's, or a name.
        Raises: CompanyNotFound, RoleNotFound, RoleAmbiguous, NotAllowed.
        """

        async def do(read: Read) -> list[Holder]:
            check_page(limit, after[1])
            found = await company_for(read, company, actor)
            around = await picture_for(read, found, actor)
            _check_seeing(read, around, actor)
            wanted = find(around.roles, role)
            covered = rules.reaches(around, actor, "roles.view")
            inside = None if covered.is_all else _units(around, covered)
            shown: list[Holder] = []
            here = after
            while len(shown) < limit:
                page = await roles.holders(read, found.id, wanted.id, after=here, limit=PAGE, units=inside)
                shown += await _found_among(read, around, actor, page)
                if len(page) < PAGE:
                    break
                here = (page[-1].number, page[-1].id)
            return shown[:limit]

        return await look(self._storage, actor, company, "role.members", do, asked={"role": role})

    async def explain(self, actor: Actor, company: str, who: str, permission: str, *, on: str = "", unit: int | None = None) -> Explained:
        """Why the member ``who`` may or may not: on the member ``on``, or on ``unit``; a look.

        By default on himself, or where the permission is about the company as one, on that.

        Whoever asks sees roles over ``who``, or is he, and finds the target.
        Raises: CompanyNotFound, MemberNotFound, UnitNotFound, PermissionUnknown, NotAllowed.
        """

        async def do(read: Read) -> list[Explained]:
            asks = rules.permission_of(permission)
            found = await company_for(read, company, actor)
            _, records = await records_of(read, company, [who, on] if on else [who])
            target = rules.unit(unit) if unit is not None else rules.member(records[-1].id)
            if unit is None and not on and asks.scopes == WHOLE:
                target = COMPANY
            return [await _explained(read, found, actor, records[0].id, permission, target)]

        asked: Details = {"member": who, "permission": permission, "on": on, "unit": "" if unit is None else to_wire(unit)}
        return (await look(self._storage, actor, company, "role.explain", do, asked=asked))[0]

    # ---- roles

    async def add(
        self,
        actor: Actor,
        company: str,
        name: str,
        *,
        description: str = "",
        preset: str = "",
        grants: Mapping[str, Grant] | None = None,
    ) -> Role:
        """A custom role, by default without any permission; with ``preset`` it starts with that one's, and may be without a name.

        Raises: CompanyNotFound, NameInvalid, WordsInvalid, RoleNameTaken, RolesLimit, PresetUnknown, NotAllowed,
        and as ``giving.check_put``.
        """

        async def act(work: Work) -> Role:
            found, around = await _loaded(work, company, actor)
            wanted = ordered(grants or {})
            made = new_role(name, preset, companies_rules.words("description", description, DESCRIPTION_CHARACTERS), wanted)
            check_room(around.roles)
            check_name(around.roles, made)
            giving.check_put(around, actor, Role(0, made.kind), made.grants)
            made = msgspec.structs.replace(
                made, id=await roles.insert(work, found.id, name=made.name, description=made.description, preset=preset)
            )
            await roles.set_permissions(work, found.id, made.id, to_store(made, wanted))
            await company_log.tell(work, found.id, subjects=["roles"])
            given = {permission: _word(around, grant) for permission, grant in made.grants.items()}
            await record(work, found.id, actor, "role.add", {"role": to_wire(made.id), "name": made.shown(), **given})
            return made

        return await administer(self._storage, actor, company, "role.add", act, asked={"name": name, "preset": preset})

    async def edit(
        self,
        actor: Actor,
        company: str,
        role: str,
        *,
        name: str | None = None,
        description: str | None = None,
        grants: Mapping[str, Grant] | None = None,
    ) -> Role:
        """What is None, and permissions that are not named, stay. Of a system role or a preset an empty name is its own again.

        Raises: CompanyNotFound, RoleNotFound, RoleAmbiguous, RoleFixed, NameInvalid, WordsInvalid, RoleNameTaken, NotAllowed, and as
        ``giving.check_put``.
        """

        async def act(work: Work) -> Role:
            found, around = await _loaded(work, company, actor)
            before = find(around.roles, role)
            wanted = ordered(grants or {})
            changes = {permission: grant for permission, grant in wanted.items() if before.grant(permission) != grant}
            giving.check_put(around, actor, before, wanted)
            after = _edited(before, name, description, changes)
            check_name(around.roles, after)
            if after == before:
                return after
            await roles.save(work, found.id, after.id, name=after.name, description=after.description)
            await roles.set_permissions(work, found.id, after.id, to_store(after, changes))
            await company_log.tell(work, found.id, subjects=["roles"])
            entry: dict[str, str | list[str]] = {"role": to_wire(after.id), "name": [before.shown(), after.shown()]}
            entry["description"] = [before.description, after.description]
            for permission, grant in changes.items():
                entry[permission] = [_word(around, before.grant(permission)), _word(around, grant)]
            await record(work, found.id, actor, "role.edit", entry)
            return after

        return await administer(self._storage, actor, company, "role.edit", act, asked={"role": role, "permissions": sorted(grants or {})})

    async def delete(self, actor: Actor, company: str, role: str) -> None:
        """A custom one that nobody has. Raises: CompanyNotFound, RoleNotFound, RoleAmbiguous, RoleStays, RoleInUse, NotAllowed."""

        async def act(work: Work) -> None:
            found, around = await _loaded(work, company, actor)
            gone = find(around.roles, role)
            if gone.is_system:
                raise RoleStays
            if gone.id in await roles.counts(work, found.id) or await roles.is_for_the_invited(work, found.id, gone.id):
                raise RoleInUse(gone.shown())
            await roles.delete(work, found.id, gone.id)
            await company_log.tell(work, found.id, subjects=["roles"])
            had = {permission: _word(around, grant) for permission, grant in gone.grants.items()}
            await record(work, found.id, actor, "role.delete", {"role": to_wire(gone.id), "name": gone.shown(), **had})

        await administer(self._storage, actor, company, "role.delete", act, asked={"role": role})

    # ---- who has them

    async def give(self, actor: Actor, company: str, whos: Sequence[str], role: str) -> None:
        """These members have this role from now on, instead of the one before; in pieces, each a unit of its own.

        Raises: CompanyNotFound, MemberNotFound, RoleNotFound, RoleAmbiguous, NotAllowed, LastAdministrator, and as ``giving.check_give``.
        """
        for start in range(0, len(whos), PIECE):
            some = whos[start : start + PIECE]

            async def act(work: Work, some: Sequence[str] = some) -> None:
                found = await company_for(work, company, actor)
                _, records = await records_of(work, company, some)
                ids = [one.id for one in records]
                around = await picture_for(work, found, actor, ids)
                permit_in(work, around, actor, *map(rules.member, ids))
                wanted = find(around.roles, role)
                for one in records:
                    person = around.org.person(one.id)
                    assert person is not None, "records and picture are of one snapshot"
                    giving.check_give(around, actor, person, wanted)
                changing = [one for one in records if one.role != wanted.id]
                if not changing:
                    return
                if not wanted.is_company_administrator:
                    await check_administrator_stays(work, found.id, [one.id for one in changing])
                await roles.give(work, [one.id for one in changing], wanted.id)
                await company_log.tell(work, found.id, members=[one.id for one in changing])
                before = [around.roles[one.role].shown() if one.role else "" for one in changing]
                entry: Details = {**named(changing), "role": to_wire(wanted.id), "before": before, "after": wanted.shown()}
                await record(work, found.id, actor, "role.give", entry)

            await administer(self._storage, actor, company, "role.give", act, asked={"members": list(some), "role": role})


# ---- parts of acts


async def _loaded(work: Work, company: str, actor: Actor) -> tuple[Company, Picture]:
    """For acts on the roles themselves. Raises: CompanyNotFound, NotAllowed."""
    found = await company_for(work, company, actor)
    around = await picture_for(work, found, actor)
    permit_in(work, around, actor)
    return found, around


async def _explained(read: Read, found: Company, actor: Actor, who: int, permission: str, target: Target) -> Explained:
    around = await picture_for(read, found, actor, [who, *([target.id] if target.kind == "member" else ())])
    rules.check_found(around, actor, rules.member(who), target)
    if actor.kind == "member" and actor.id == who:
        read.is_permitted = True  # everybody may know why he may or may not
    else:
        permit_in(read, around, actor, rules.member(who))
    asking = Actor("member", "", who)
    decision = rules.allowed(around, asking, permission, target)
    if decision.allowed and not rules.finds(around, asking, target):
        decision = msgspec.structs.replace(decision, allowed=False, rule="not_found")
    return Explained(who, permission, target, decision)


async def _found_among(read: Read, around: Picture, actor: Actor, page: Sequence[Holder]) -> list[Holder]:
    if rules.above_roles(actor) is not None:
        return list(page)
    for person in await people_of(read, around.org.company, [one.id for one in page]):
        around.org.put_person(person)
    there = rules.found(around, actor, [rules.member(one.id) for one in page])
    return [one for one in page if rules.member(one.id) in there]


def _check_seeing(read: Read, around: Picture, actor: Actor) -> bool:
    """Whether the actor sees roles over everybody. Raises: NotAllowed where over nobody."""
    seen = [rules.reaches(around, actor, permission) for permission in SEEING]
    if all(one == NOTHING for one in seen):
        raise NotAllowed(SEEING[0], "not_in_role")
    read.is_permitted = True
    return seen[0].is_all


def _units(around: Picture, covered: Reach) -> list[int]:
    """Those in which everybody is covered."""
    return sorted({*covered.units, *(below for top in covered.tops for below in around.org.below(top))})


def _edited(before: Role, name: str | None, description: str | None, changes: Mapping[str, Grant]) -> Role:
    after = msgspec.structs.replace(before, grants={**before.grants, **changes})
    after = msgspec.structs.replace(after, grants={one: grant for one, grant in after.grants.items() if grant != Grant()})
    if name is not None:
        after = msgspec.structs.replace(
            after, name=companies_rules.name("name", name, may_be_empty=before.is_system or bool(before.preset))
        )
    if description is not None:
        after = msgspec.structs.replace(after, description=companies_rules.words("description", description, DESCRIPTION_CHARACTERS))
    return after


def _word(around: Picture, grant: Grant) -> str:
    """For an entry: the scope, and which units were chosen."""
    names = [around.org[unit].name for unit in grant.units if unit in around.org]
    return f"{grant.scope.value}: {'; '.join(names)}" if names else grant.scope.value
