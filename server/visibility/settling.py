"""Acts on rules between units: making, changing, deleting them, each with its entry (SPEC B6, B9; C2 ``org.visibility``).

They hold from the commit on; clients hear of it by the company's log, and what they forbid in running direct conversations is brought into
the writer's columns by ``silencing``. Privacy of fields is ``server.org.fields``, hiding units and members ``server.org``.
"""

from collections.abc import Collection, Mapping

from protocol.errors import MemberNotFound
from protocol.ids import to_wire
from server.audit.service import Actor, Details, administer, look, record
from server.companies.errors import UnitNotFound
from server.org.organisation import Tree
from server.org.paths import written
from server.org.service import load_tree
from server.roles.asking import check_found, company_for, permit
from server.roles.rules import member, unit
from server.visibility import ruling
from server.visibility.ruling import PARTS, Said
from storage import company_log, people, unit_rules
from storage.companies import Company
from storage.draw import draw_id
from storage.engine import Storage
from storage.unit_rules import Kept, Party
from storage.work import Read, Work

Words = Mapping[str, str | list[str]]


class UnitRuleService:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def list_rules(self, actor: Actor, company: str) -> list[Kept]:
        """In the order in which they are named to who asks why. Raises: CompanyNotFound, NotAllowed."""

        async def do(read: Read) -> list[Kept]:
            found = await company_for(read, company, actor)
            await permit(read, found, actor)
            return await unit_rules.of_company(read, found.id)

        return await look(self._storage, actor, company, "unit_rule.list", do, asked={})

    async def add(self, actor: Actor, company: str, said: Said) -> Kept:
        """Raises: CompanyNotFound, NotAllowed, UnitNotFound, MemberNotFound, and as ``ruling.new``."""
        id = draw_id()

        async def act(work: Work) -> Kept:
            found = await company_for(work, company, actor)
            await permit(work, found, actor)
            made = ruling.new(await unit_rules.of_company(work, found.id), id, said)
            tree = await _checked(work, found, actor, made)
            await unit_rules.insert(work, found.id, made)
            await company_log.tell(work, found.id, subjects=["unit_rules"])
            await record(work, found.id, actor, "unit_rule.add", {"rule": to_wire(id), **_words(tree, made)})
            return made

        return await administer(self._storage, actor, company, "unit_rule.add", act, asked=_asked(said))

    async def change(self, actor: Actor, company: str, rule: str, said: Said) -> Kept:
        """``rule``: its name, or its id on the wire. Raises: as ``add``, UnitRuleNotFound."""

        async def act(work: Work) -> Kept:
            found = await company_for(work, company, actor)
            await permit(work, found, actor)
            there = await unit_rules.of_company(work, found.id)
            before = ruling.find(there, rule)
            after = ruling.changed(there, before, said)
            if after != before:
                tree = await _checked(work, found, actor, after, set(before.parties))
                await unit_rules.save(work, found.id, after)
                await company_log.tell(work, found.id, subjects=["unit_rules"])
                was, now = _words(tree, before), _words(tree, after)
                changes: Details = {
                    name: [_line(was.get(name, "")), _line(now.get(name, ""))] for name in now if was.get(name) != now[name]
                }
                await record(work, found.id, actor, "unit_rule.change", {"rule": to_wire(after.id), **changes})
            return after

        return await administer(self._storage, actor, company, "unit_rule.change", act, asked={"rule": rule, **_asked(said)})

    async def delete(self, actor: Actor, company: str, rule: str) -> None:
        """Raises: CompanyNotFound, NotAllowed, UnitRuleNotFound."""

        async def act(work: Work) -> None:
            found = await company_for(work, company, actor)
            await permit(work, found, actor)
            gone = ruling.find(await unit_rules.of_company(work, found.id), rule)
            await unit_rules.delete(work, found.id, gone.id)
            await company_log.tell(work, found.id, subjects=["unit_rules"])
            tree = await load_tree(work, found.id)
            await record(work, found.id, actor, "unit_rule.delete", {"rule": to_wire(gone.id), **_words(tree, gone)})

        await administer(self._storage, actor, company, "unit_rule.delete", act, asked={"rule": rule})


async def _checked(work: Work, found: Company, actor: Actor, rule: Kept, before: Collection[Party] = ()) -> Tree:
    """``before``: whom it named already, also those whom it hides from the actor.

    Raises: UnitNotFound, MemberNotFound of what it names anew and nobody knows, or the actor may not find.
    """
    tree = await load_tree(work, found.id)
    named = [party for party in rule.parties if party not in before]
    units = {party for _, kind, party in named if kind == "unit"}
    members = {party for _, kind, party in named if kind == "member"}
    there = {one.id for one in await people.listed(work, found.id, sorted(members))} if members else set()
    _check_there(units, members, tree, there)
    await check_found(work, found, actor, *map(unit, sorted(units)), *map(member, sorted(members)))
    return tree


def _check_there(units: set[int], members: set[int], tree: Tree, there: set[int]) -> None:
    """Raises: UnitNotFound, MemberNotFound."""
    if any(one not in tree for one in units):
        raise UnitNotFound
    if members - there:
        raise MemberNotFound


def _asked(said: Said) -> dict[str, str]:
    return {name: str(getattr(said, name)) for name in ("name", "kind") if isinstance(getattr(said, name), str)}


def _words(tree: Tree, rule: Kept) -> Words:
    """What it says, for an entry."""
    flags = {name: str(getattr(rule, name)).lower() for name in ("may_search", "may_write", "is_off")}
    parties = {}
    for part in PARTS:
        units = [written(tree, tree[one]) if one in tree else to_wire(one) for one in ruling.named(rule, part, "unit")]
        parties[part] = units + [to_wire(one) for one in ruling.named(rule, part, "member")]
    return {"name": rule.name, "kind": rule.kind, **flags, **parties}


def _line(word: str | list[str]) -> str:
    return word if isinstance(word, str) else "; ".join(word)
